-- Incidents: how each one stands, and its timeline. Only adds: the version
-- before runs beside it.

-- The number that people see (INC-12) is the id: in order, not without gaps.
create table opsbot.incidents (
    id            bigint generated always as identity primary key,
    op            text not null unique,  -- the operation that opened it
    severity      smallint not null check (severity between 0 and 3), -- P0 … P3
    state         text not null default 'open',  -- or 'resolved'
    title         text not null,
    impact        text not null default '',
    channel       text not null default '',  -- of its headline; '': it has none
    opened_by     text not null,
    opened_name   text not null default '',
    opened_at     timestamptz not null default now(),
    updated_by    text,
    updated_name  text,
    updated_at    timestamptz,
    last_update   text,
    due_minutes   integer not null default 0,  -- an update is promised so often
    due_at        timestamptz,                 -- the next one; null: no promise
    resolved_by   text,
    resolved_name text,
    resolved_at   timestamptz,
    resolution    text
);
create index incidents_open on opsbot.incidents (severity, id desc)
    where state <> 'resolved';

create table opsbot.incident_events (
    id         bigint generated always as identity primary key,
    incident   bigint not null references opsbot.incidents (id),
    op         text not null,
    kind       text not null,  -- 'opened', 'update', 'resolved'
    actor      text not null,
    actor_name text not null default '',
    text       text not null default '',
    at         timestamptz not null default now(),
    unique (incident, op, kind)
);
create index incident_events_incident on opsbot.incident_events (incident, id desc);

-- What was said stays said.
create function opsbot.incident_events_refuse() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp as
$$
begin
    raise exception 'incident_events is insert-only: % is refused', tg_op
        using errcode = 'insufficient_privilege';
end
$$;
create trigger incident_events_keep before update or delete on opsbot.incident_events
    for each row execute function opsbot.incident_events_refuse();
create trigger incident_events_keep_all before truncate on opsbot.incident_events
    for each statement execute function opsbot.incident_events_refuse();
