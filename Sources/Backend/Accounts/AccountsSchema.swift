import Postgres

/// What accounts need of the database, over the table of users.
enum AccountsSchema {
    static let migrations: [Migration] = [
        // `login` is the name in lower case: two names that people can't tell apart are one. Users of an earlier
        // backend and of a Supabase project have neither it nor a password.
        Migration(
            version: 10, name: "passwords and sessions",
            sql: """
                alter table users
                    add column login text unique,
                    add column password_hash text,
                    add column supabase_id text unique;
                create table sessions (
                    id bigint generated always as identity primary key,
                    user_id bigint not null references users (id),
                    created_at timestamptz not null default now(),
                    expires_at timestamptz not null
                );
                create index sessions_user on sessions (user_id);
                create table refresh_tokens (
                    hash bytea primary key,
                    session_id bigint not null references sessions (id) on delete cascade,
                    replaced_at timestamptz
                );
                create index refresh_tokens_session on refresh_tokens (session_id)
                """)
    ]
}
