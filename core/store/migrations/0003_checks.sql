-- Health checks: how each stands, how that changed, every result.

-- The newest of each check, whichever replica asked. mark and since move
-- together, and only with a row in check_changes.
create table opsbot.check_states (
    check_id text primary key,
    mark     text not null check (mark in ('passing', 'failing')),
    since    timestamptz not null,      -- of the mark
    last_ok  timestamptz,               -- the last success; null: never
    last_at  timestamptz not null,      -- of the newest result, which is …
    ok       boolean not null,
    took_us  bigint not null,
    text     text not null,
    in_row   integer not null,          -- results in a row that are alike
    replica  text not null              -- who asked last
);

create table opsbot.check_changes (
    check_id  text not null,
    at        timestamptz not null,
    from_mark text not null,            -- 'unknown' for the first of all
    to_mark   text not null,
    text      text not null,            -- of the result that changed it
    replica   text not null,
    primary key (check_id, at)
);
create index check_changes_at on opsbot.check_changes (at);

-- One partition a day: two hundred checks every ten seconds are 1.7 million
-- rows a day, and what is old goes as a whole.
create table opsbot.check_results (
    check_id text not null,
    at       timestamptz not null,
    ok       boolean not null,
    took_us  bigint not null,
    text     text not null,
    replica  text not null,
    primary key (check_id, at)
) partition by range (at);

-- Partitions from the day of `oldest` (UTC; a month ago at most: results may
-- have waited) to `ahead` days from now. Gives the number it made.
create function opsbot.check_partitions(oldest timestamptz, ahead integer)
    returns integer
    language plpgsql security definer set search_path = pg_catalog, pg_temp as
$$
declare
    today timestamp := date_trunc('day', now() at time zone 'UTC');
    day   timestamp := date_trunc('day', oldest at time zone 'UTC');
    name  text;
    made  integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('opsbot.check_partitions'));
    day := least(greatest(day, today - interval '31 days'), today);
    while day <= today + make_interval(days => least(greatest(ahead, 0), 31))
    loop
        name := 'check_results_' || to_char(day, 'YYYYMMDD');
        if to_regclass('opsbot.' || name) is null then
            execute format(
                'create table opsbot.%I partition of opsbot.check_results'
                ' for values from (%L) to (%L)', name,
                day at time zone 'UTC',
                (day + interval '1 day') at time zone 'UTC');
            made := made + 1;
        end if;
        day := day + interval '1 day';
    end loop;
    return made;
end
$$;
revoke execute on function opsbot.check_partitions(timestamptz, integer)
    from public;

-- Drops partitions that lie wholly before now - days. Gives the number.
create function opsbot.check_retire(days integer) returns integer
    language plpgsql security definer set search_path = pg_catalog, pg_temp as
$$
declare
    part  record;
    gone  integer := 0;
begin
    if days < 1 then
        raise exception 'results of checks are kept for a day at least';
    end if;
    perform pg_advisory_xact_lock(hashtext('opsbot.check_partitions'));
    for part in
        select c.relname as name,
               to_date(right(c.relname, 8), 'YYYYMMDD')::timestamp as day
          from pg_inherits i
          join pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'opsbot.check_results'::regclass
           and c.relname ~ '^check_results_[0-9]{8}$'
    loop
        continue when (part.day + interval '1 day') at time zone 'UTC'
                      > now() - make_interval(days => days);
        execute format('drop table opsbot.%I', part.name);
        gone := gone + 1;
    end loop;
    return gone;
end
$$;
revoke execute on function opsbot.check_retire(integer) from public;

-- What somebody had shown in a channel, for the card that is edited when the
-- rest is in.
create table opsbot.health_shares (
    op      text primary key,
    message text not null,              -- chat.postMessage as JSON, without channel
    at      timestamptz not null default now()
);
