insert into bench_moves (client, text) values (:client_id, 'a move');
