import Postgres

/// The steps of the schema, in order.
///
/// Released steps are never changed. A new one must let the program before it work on, as both run during a deploy:
/// add, fill, and remove only what no running program uses any more. `if not exists` takes over tables that an earlier
/// backend of the same database made.
enum Schema {
    static let migrations = Self.base + AccountsSchema.migrations + PlaySchema.migrations

    private static let base: [Migration] = [
        Migration(
            version: 1, name: "users",
            sql: """
                create table if not exists users (
                    id bigint generated always as identity primary key,
                    name text not null unique check (length(name) between 1 and 40),
                    created_at timestamptz not null default now()
                )
                """),
        Migration(
            version: 2, name: "games",
            sql: """
                create table if not exists games (
                    id bigint generated always as identity primary key,
                    white_id bigint not null references users (id),
                    black_id bigint references users (id),
                    created_at timestamptz not null default now(),
                    finished_at timestamptz,
                    check (white_id <> black_id)
                )
                """),
    ]
}
