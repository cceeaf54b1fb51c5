// The peer in Go: net/http and lib/pq as people use them. usage: peer PORT DATABASE_URL
package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"

	_ "github.com/lib/pq"
)

func main() {
	db, err := sql.Open("postgres", os.Args[2])
	if err != nil {
		panic(err)
	}
	db.SetMaxOpenConns(10)
	db.SetMaxIdleConns(10)
	answer := func(w http.ResponseWriter, ok bool, text string) {
		w.Header().Set("Content-Type", "application/health+json")
		if !ok {
			w.WriteHeader(503)
		}
		fmt.Fprint(w, text)
	}
	http.HandleFunc("/health/internal", func(w http.ResponseWriter, r *http.Request) {
		var one int
		err := db.QueryRowContext(r.Context(), "SELECT 1").Scan(&one)
		answer(w, err == nil, `{"status":"pass","app":"ok","db":"ok"}`)
	})
	http.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) {
		var users, games int
		err := db.QueryRowContext(r.Context(),
			"SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM games)").Scan(&users, &games)
		answer(w, err == nil, fmt.Sprintf(`{"status":"pass","users":%d,"games":%d}`, users, games))
	})
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
