// The peer in Node: its http module and pg, as people use them. usage: node peer.js PORT DATABASE_URL
"use strict";
const http = require("http");
const { Pool } = require("pg");

const pool = new Pool({ connectionString: process.argv[3], max: 10 });
const queries = {
    "/health/internal": "SELECT 1",
    "/health": "SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM games) AS games",
};

http.createServer(async (request, response) => {
    const query = queries[request.url];
    if (!query) return response.writeHead(404).end();
    try {
        const { rows } = await pool.query(query);
        response.writeHead(200, { "Content-Type": "application/health+json" });
        response.end(JSON.stringify({ status: "pass", app: "ok", db: "ok", ...rows[0] }));
    } catch {
        response.writeHead(503).end();
    }
}).listen(Number(process.argv[2]), "127.0.0.1");
