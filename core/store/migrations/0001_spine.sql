-- The spine: operations (one effect each), the audit trail, the outbox.
-- Times are timestamptz; ids from Slack are opaque text.

create table opsbot.operations (
    id          text primary key,
    command     text not null,
    entity      text not null,          -- 'dlq:notify.events.dlq:1700000000000-0'
    state       text not null default 'intent'
                check (state in ('intent', 'done', 'refused')),
    actor       text not null,
    actor_name  text not null default '',
    act         jsonb not null,         -- who asked, from where: for whoever finishes it
    outcome     jsonb,
    recorded_at timestamptz not null,
    created_at  timestamptz not null default now(),
    done_at     timestamptz
);
create index operations_entity on opsbot.operations (entity);
create index operations_intents on opsbot.operations (created_at)
    where state = 'intent';

-- The intent of an effect in Redis, one row per batch, and what became of it.
create table opsbot.operation_batches (
    op     text not null references opsbot.operations (id),
    batch  integer not null,
    stream text not null,
    dlq    text not null,
    ids    jsonb not null,              -- ["1700000000000-0", …]
    moved  jsonb,                       -- {"<old id>": "<new id>", …}
    primary key (op, batch)
);

-- ---- audit -------------------------------------------------------------------

create table opsbot.audit_events (
    operation   text not null,
    kind        text not null
                check (kind in ('read', 'refusal', 'attempt', 'outcome')),
    recorded_at timestamptz not null,
    written_at  timestamptz not null default clock_timestamp(),
    trace       text not null,
    team        text not null,
    channel     text not null,
    actor       text not null,
    actor_name  text not null,
    command     text not null,
    text        text not null,
    via         text not null,
    replica     text not null,
    outcome     text not null,
    detail      jsonb,
    took_us     bigint,
    unique (operation, kind, recorded_at)
) partition by range (recorded_at);
create index audit_events_time on opsbot.audit_events (recorded_at desc);
create index audit_events_actor on opsbot.audit_events (actor, recorded_at desc);

create function opsbot.audit_refuse() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp as
$$
begin
    raise exception 'audit_events is insert-only: % is refused', tg_op
        using errcode = 'insufficient_privilege';
end
$$;

-- Row triggers reach every partition by themselves, statement triggers do not.
create trigger audit_events_keep before update or delete on opsbot.audit_events
    for each row execute function opsbot.audit_refuse();
create trigger audit_events_keep_all before truncate on opsbot.audit_events
    for each statement execute function opsbot.audit_refuse();

-- A row whose month has no partition is kept all the same.
create table opsbot.audit_events_default
    partition of opsbot.audit_events default;
create trigger audit_events_keep_all before truncate on opsbot.audit_events_default
    for each statement execute function opsbot.audit_refuse();

-- Partitions for this month and the `ahead` next ones (UTC). Gives the number
-- it made. A month that already has rows in the default partition stays there.
create function opsbot.audit_partitions(ahead integer) returns integer
    language plpgsql security definer set search_path = pg_catalog, pg_temp as
$$
declare
    first timestamp := date_trunc('month', now() at time zone 'UTC');
    month timestamp;
    name  text;
    made  integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('opsbot.audit_partitions'));
    for n in 0 .. least(greatest(ahead, 0), 120) loop
        month := first + make_interval(months => n);
        name := 'audit_events_' || to_char(month, 'YYYYMM');
        continue when to_regclass('opsbot.' || name) is not null;
        begin
            execute format(
                'create table opsbot.%I partition of opsbot.audit_events'
                ' for values from (%L) to (%L)', name,
                month at time zone 'UTC',
                (month + interval '1 month') at time zone 'UTC');
            execute format(
                'create trigger audit_events_keep_all before truncate on'
                ' opsbot.%I for each statement execute function'
                ' opsbot.audit_refuse()', name);
            made := made + 1;
        exception when check_violation then
            raise notice 'rows of % stay in the default partition', name;
        end;
    end loop;
    return made;
end
$$;
revoke execute on function opsbot.audit_partitions(integer) from public;
select opsbot.audit_partitions(3);

-- ---- outbox ------------------------------------------------------------------

create table opsbot.outbox (
    id           bigint generated always as identity primary key,
    op           text not null,
    channel      text not null,
    body         text not null,         -- chat.postMessage as JSON, without channel
    response_url text not null default '',
    state        text not null default 'waiting'
                 check (state in ('waiting', 'sending', 'sent', 'undeliverable')),
    attempts     integer not null default 0,
    due_at       timestamptz not null default now(),
    lease_until  timestamptz,
    owner        text,
    ts           text,
    error        text,
    created_at   timestamptz not null default now(),
    unique (op, channel)
);
-- What is not finished: small, whatever the table's size.
create index outbox_open on opsbot.outbox (channel, id)
    where state in ('waiting', 'sending');
