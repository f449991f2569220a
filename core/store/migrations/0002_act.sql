-- Acting: confirmations, jobs, halts; an outbox whose cards live on; leases,
-- timers and retention. Only adds: the version before runs beside it.

-- ---- operations and their batches --------------------------------------------

-- Between which entries a batch lies (the ms part of their ids), so that "who
-- moved this entry" needs no index of every id.
alter table opsbot.operation_batches
    add column first_ms bigint,
    add column last_ms  bigint;
create index operation_batches_range
    on opsbot.operation_batches (dlq, last_ms) where last_ms is not null;

-- ---- confirmations -------------------------------------------------------------

-- A change that was asked for and shown, and waits for its author's word. The
-- id is the operation it will be.
create table opsbot.confirmations (
    id         text primary key,
    actor      text not null,
    command    text not null,       -- "dlq requeue"
    act        jsonb not null,      -- who asked, from where
    bound      jsonb not null,      -- the exact set that was shown
    state      text not null default 'open'
               check (state in ('open', 'confirmed', 'cancelled')),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at    timestamptz
);
create index confirmations_actor on opsbot.confirmations (actor, created_at desc);

-- ---- jobs ------------------------------------------------------------------------

-- Moving many entries, in batches. The id is the operation's.
create table opsbot.jobs (
    id            text primary key references opsbot.operations (id),
    kind          text not null check (kind in ('requeue', 'discard', 'restore')),
    state         text not null default 'running'
                  check (state in ('running', 'cancelling', 'done', 'cancelled',
                                   'failed')),
    act           jsonb not null,
    stream        text not null,
    dlq           text not null,
    ids           jsonb,            -- the exact entries; null: all up to upper_id
    upper_id      text not null,
    total         bigint not null,  -- entries when it was confirmed
    rate          integer not null, -- entries a second; 0: as fast as it goes
    cursor_id     text not null default '0-0', -- the last entry handled
    batch         integer not null default 0,  -- number of the next batch
    moved         bigint not null default 0,
    gone          bigint not null default 0,   -- no longer there when their turn came
    refused       bigint not null default 0,   -- could not be moved (too large, …)
    error         text,             -- why it failed, or what it waits for
    cancelled_by  text,
    cancelled_name text,
    response_url  text not null default '',
    owner         text,
    lease_until   timestamptz,
    created_at    timestamptz not null default now(),
    started_at    timestamptz,
    finished_at   timestamptz
);
create index jobs_open on opsbot.jobs (created_at)
    where state in ('running', 'cancelling');
create index jobs_created on opsbot.jobs (created_at desc);

-- ---- halts -------------------------------------------------------------------------

-- Each halt and unhalt, with its hooks and what the targets said.
create table opsbot.halts (
    op           text primary key,
    action       text not null check (action in ('halt', 'unhalt')),
    scope        text not null,
    generation   bigint not null,
    reason       text not null,
    actor        text not null,
    actor_name   text not null default '',
    act          jsonb not null,
    at           timestamptz not null,
    state        text not null default 'running'
                 check (state in ('running', 'verified', 'unverified')),
    targets      jsonb not null default '[]', -- [{name,state,detail,took_ms}]
    response_url text not null default '',
    owner        text,
    lease_until  timestamptz,
    finished_at  timestamptz
);
create index halts_open on opsbot.halts (at) where state = 'running';
create index halts_scope on opsbot.halts (scope, generation desc);

-- ---- outbox: cards that live on ------------------------------------------------

-- A row with a thing is its card in one channel: posted once, edited to the
-- newest state when its turn comes. wanted counts its changes, shown the ones
-- that people see.
alter table opsbot.outbox
    add column lane      smallint not null default 1, -- 0 critical … 4 info
    add column thing     text,
    add column wanted    bigint not null default 1,
    add column shown     bigint not null default 0,
    add column thread_of bigint,       -- the row whose message it answers
    add column looks     integer not null default 0, -- look-ups since an unclear end
    add column sent_at   timestamptz;  -- of the last post or edit
create unique index outbox_thing on opsbot.outbox (thing, channel)
    where thing is not null;
create index outbox_undelivered on opsbot.outbox (id)
    where state = 'undeliverable';

-- Which replica posts to a channel.
create table opsbot.outbox_channels (
    channel     text primary key,
    owner       text not null,
    lease_until timestamptz not null,
    last_sent   timestamptz
);

-- ---- leadership, timers, groups -------------------------------------------------

create table opsbot.leases (
    name  text primary key,
    owner text not null,
    until timestamptz not null
);

create table opsbot.timers (
    name   text primary key,
    due_at timestamptz not null default now(),
    last   jsonb                        -- what came of it the last time
);

create table opsbot.user_groups (
    id         text primary key,
    handle     text not null default '', -- "oncall"; "": not known
    users      jsonb not null,           -- ["U0ANN", …]
    fetched_at timestamptz not null
);

-- What is old is found without reading what is not.
create index operations_created on opsbot.operations (created_at);
create index outbox_created on opsbot.outbox (created_at);
create index confirmations_expires on opsbot.confirmations (expires_at);

-- Drops audit partitions that lie wholly before now - days. Gives the number.
create function opsbot.audit_retire(days integer) returns integer
    language plpgsql security definer set search_path = pg_catalog, pg_temp as
$$
declare
    part  record;
    gone  integer := 0;
begin
    if days < 30 then
        raise exception 'audit is kept for 30 days at least';
    end if;
    perform pg_advisory_xact_lock(hashtext('opsbot.audit_partitions'));
    for part in
        select c.relname as name,
               to_date(right(c.relname, 6), 'YYYYMM') as month
          from pg_inherits i
          join pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'opsbot.audit_events'::regclass
           and c.relname ~ '^audit_events_[0-9]{6}$'
    loop
        continue when (part.month + interval '1 month') at time zone 'UTC'
                      > now() - make_interval(days => days);
        execute format('drop table opsbot.%I', part.name);
        gone := gone + 1;
    end loop;
    return gone;
end
$$;
revoke execute on function opsbot.audit_retire(integer) from public;
