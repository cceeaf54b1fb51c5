import Testing

@testable import Redeploy

struct MigrationCheckTests {
    @Test(
        "steps that the version before can live with pass",
        arguments: [
            "create table if not exists t (id bigint primary key, name text not null)",
            "alter table t add column a text", "alter table t add a int not null default 0, add b text",
            "ALTER TABLE t ADD COLUMN a numeric(3, 1)", "create index i on t (a); drop index j",
            "insert into t values ('drop table t; alter table t rename to u')", "-- drop table t\nselect 1",
            "create function f() returns void language sql as $$ drop table t $$",
            "alter table t alter column a drop not null", "drop table t -- breaking\n",
            "alter table t drop constraint c, alter a drop default, add b int not null default 0",
            "alter table t alter type set default 1", "alter type mood add value 'drop'",
            "create table t (a int); alter table t add check (a > 0); create unique index i on t (a); delete from t",
            "alter table t add a int, add check (a > 0), add constraint u unique (b, a)",
            "alter table \"t\" add column if not exists \"a\" int; create unique index i on \"t\" (\"a\")",
            "with old as (select 1) insert into t select * from old", "update t set a = 'delete from t'",
            "alter table t add column a bigint references u (id)", "alter function f(a int, b int) stable",
            "alter table only \"s\".\"t\" add type text, alter constraint c deferrable",
            "do $$ begin drop table t; end $$ -- breaking\n",
        ])
    func passes(sql: String) { #expect(MigrationCheck.faults(in: sql).isEmpty) }

    @Test(
        "steps that the version before breaks on are refused, with what to do",
        arguments: [
            "drop table t", "truncate t", "alter table t drop column a", "alter table t rename column a to b",
            "ALTER TABLE t RENAME TO u", "alter table t alter column a type bigint",
            "alter table t alter column a set data type bigint", "alter table t alter column a set not null",
            "alter table t add column a int not null", "alter table t add a text default 'x', add b int not null",
            "select 1; drop view v", "alter type mood rename value 'a' to 'b'",
            "alter table t drop constraint c, drop column a", "alter table t alter a drop default, add b int not null",
            "alter table t alter a drop not null, alter a type bigint", "alter table if exists \"s\".\"t\" drop a",
            "alter table t add b int not null check (b > 0)", "alter table t alter a drop identity",
            "delete from t where a", "with x as (delete from t returning *) insert into u select * from x",
            "alter table t add constraint c check (a is not null, drop)", "alter table t add unique (a)",
            "alter table t add check (a > 0) not valid", "alter table t add primary key (a)",
            "alter table t add constraint f foreign key (a) references u", "create unique index i on t (a)",
            "create table u (a int); create unique index concurrently if not exists i on t using btree (a)",
            "alter table t add a int; alter table \"u\" add constraint \"c\" unique (a)",
            "alter table \"t\" add \"a\" int; alter table \"u\" add unique (\"b\")",
            "alter table t set schema s", "alter table t detach partition p", "alter view v rename to w",
            "alter materialized view v rename to w", "alter function f(a int, b int) rename to g", "call f()",
            "revoke select on t from app", "alter table t add constraint c check (a > 0), add b int",
            "do $$ begin alter table t drop column a; end $$", "DO LANGUAGE plpgsql 'begin drop table t; end'",
        ])
    func refuses(sql: String) {
        let faults = MigrationCheck.faults(in: sql)
        #expect(faults.count == 1 && faults[0].contains("-- breaking"))
    }
}
