import Postgres

/// The tables of live play. See decision 019 for why a move is one row and nothing else.
enum PlaySchema {
    static let migrations: [Migration] = [
        Migration(
            version: 20, name: "games of live play",
            sql: """
                alter table games
                    add column match_length integer not null default 1 check (match_length between 0 and 25),
                    add column jacoby boolean not null default false,
                    add column beavers boolean not null default false,
                    add column reserve_seconds integer check (reserve_seconds > 0),
                    add column delay_seconds integer check (delay_seconds >= 0),
                    add column client_id text,
                    add column winner text check (winner in ('white', 'black')),
                    add column reason text,
                    add check ((reserve_seconds is null) = (delay_seconds is null));
                create unique index games_client_id on games (white_id, client_id) where client_id is not null;
                create index games_white on games (white_id, id);
                create index games_black on games (black_id, id);
                create index games_waiting on games (id) where black_id is null;
                create index games_playing on games (id) where black_id is not null and finished_at is null
                """),
        // No foreign key: its check would lock, and so write, the row of the game with each move.
        Migration(
            version: 21, name: "steps of games",
            sql: """
                create table game_steps (
                    game_id bigint not null,
                    seq integer not null check (seq > 0),
                    last_seq integer not null check (last_seq >= seq),
                    player text check (player in ('white', 'black')),
                    command text,
                    events text not null,
                    state text not null,
                    white_left_ms bigint,
                    black_left_ms bigint,
                    at_ms bigint not null,
                    primary key (game_id, seq)
                )
                """),
        Migration(
            version: 22, name: "ratings",
            sql: """
                create table ratings (
                    user_id bigint primary key references users (id),
                    rating double precision not null,
                    experience integer not null
                );
                create index ratings_order on ratings (rating desc, user_id)
                """),
        Migration(
            version: 23, name: "places in the queue",
            sql: """
                create table queue_places (
                    user_id bigint primary key references users (id),
                    match_length integer not null,
                    reserve_seconds integer,
                    delay_seconds integer,
                    game_id bigint references games (id),
                    since timestamptz not null default now()
                );
                create index queue_waiting on queue_places (match_length, since) where game_id is null
                """),
        Migration(
            version: 24, name: "when a place in the queue was asked for",
            sql: "alter table queue_places add column asked_at timestamptz not null default clock_timestamp()"),
    ]
}
