-- Alerts: groups (what one card shows), their alerts, what happened to them,
-- silences, who is on call, what goes out by other roads, storms. Only adds:
-- the version before runs beside it.

-- The number that people see (A-1042) is the id: in order, not without gaps.
create table opsbot.alert_groups (
    id            bigint generated always as identity primary key,
    version       bigint not null default 1,
    key           text not null,            -- route and the labels it groups by
    op            text not null,            -- of its card
    route         text not null,            -- its path, for people
    route_id      text not null,
    labels        jsonb not null default '{}',
    title         text not null,
    message       text not null default '',
    speaker       text not null default '', -- the alert whose words these are
    source        text not null default '',
    runbook       text not null default '',
    links         jsonb not null default '[]',
    severity      smallint not null check (severity between 0 and 3),
    test          boolean not null default false,
    resolves      boolean not null default true,
    channels      jsonb not null default '[]',
    storm         bigint not null default 0,
    firing        bigint not null default 0,
    muted         bigint not null default 0,
    total         bigint not null default 0,
    by_severity   bigint[] not null default '{0,0,0,0}',
    fresh         bigint not null default 0,
    heard         bigint not null default 0, -- version people were told of
    started_at    timestamptz not null default now(),
    changed_at    timestamptz not null default now(),
    resolved_at   timestamptz,
    ended_at      timestamptz,              -- as its source has it
    resolved_by   text not null default '',
    over_at       timestamptz,
    flaps         integer not null default 0,
    flap_at       timestamptz,              -- since when they are counted
    posted_at     timestamptz,              -- its card was put; null: it waits
    turned        bigint not null default 1, -- version when its state changed
    worse         bigint not null default 0, -- version when it got worse
    look_at       timestamptz,              -- a window may be over by then
    acked_by      text not null default '',
    acked_name    text not null default '',
    ack_note      text not null default '',
    acked_at      timestamptz,
    ack_until     timestamptz,
    ack_asked     boolean not null default false,
    ack_owed      boolean not null default false, -- Redis has to be told
    assignee      text not null default '',
    assigned_by   text not null default '',
    quiet_why     text not null default '',
    quiet_until   timestamptz,
    policy        text not null default '',
    step          integer not null default 0,
    round         integer not null default 0,
    step_at       timestamptz,
    step_left_ms  bigint not null default 0,
    told_at       timestamptz,
    told_why      text not null default 'first',
    tell_at       timestamptz,
    repeat_at     timestamptz,
    due_at        timestamptz,              -- the earliest of them; null: none
    picture_at    timestamptz default now(), -- one is owed in its thread, from
                                            -- then on; null: none
    picture_tries integer not null default 0 -- how often it was begun
) with (fillfactor = 70);
-- Of one key one is open.
create unique index alert_groups_open on opsbot.alert_groups (key)
    where resolved_at is null;
create index alert_groups_key on opsbot.alert_groups (key, resolved_at desc);
create index alert_groups_due on opsbot.alert_groups (due_at)
    where due_at is not null;
create index alert_groups_owed on opsbot.alert_groups (id) where ack_owed;
create index alert_groups_picture on opsbot.alert_groups (picture_at)
    where picture_at is not null;
create index alert_groups_list on opsbot.alert_groups (severity, id desc)
    where resolved_at is null;
create index alert_groups_over on opsbot.alert_groups (resolved_at)
    where resolved_at is not null;
create index alert_groups_storm on opsbot.alert_groups (storm)
    where storm <> 0;

create table opsbot.alerts (
    "group"     bigint not null references opsbot.alert_groups (id),
    fingerprint text not null,
    event       text not null,             -- the news it was last changed by
    trace       text not null default '',
    severity    smallint not null,
    firing      boolean not null,
    joined      bigint not null default 0, -- the group's version it came with
    title       text not null,
    message     text not null default '',
    labels      jsonb not null default '{}',
    quiet_why   text not null default '',  -- silenced or inhibited: why
    quiet_until timestamptz,
    silence     bigint not null default 0, -- the one that mutes it
    at          timestamptz not null,
    ended       timestamptz,
    seen_at     timestamptz not null default now(),
    primary key ("group", fingerprint)
) with (fillfactor = 70);
create index alerts_fingerprint on opsbot.alerts (fingerprint) where firing;
create index alerts_trace on opsbot.alerts (trace) where trace <> '';
create index alerts_silence on opsbot.alerts (silence, "group", fingerprint)
    where silence <> 0;
create index alerts_inhibited on opsbot.alerts ("group", fingerprint)
    where firing and quiet_why <> '' and silence = 0;
-- What the bot itself raised.
create index alerts_own on opsbot.alerts (fingerprint)
    where firing and starts_with(fingerprint, 'opsbot/');

-- Trace ids that newer news of the same alert replaced: people have them from
-- what they were told first.
create table opsbot.alert_traces (
    trace   text not null,
    "group" bigint not null,
    at      timestamptz not null default now(),
    primary key (trace, "group")
);
create index alert_traces_group on opsbot.alert_traces ("group", at desc);
create index alert_traces_at on opsbot.alert_traces (at);

-- What happened to a group, and who did it.
create table opsbot.alert_history (
    id         bigint generated always as identity primary key,
    "group"    bigint not null references opsbot.alert_groups (id),
    reason     text not null,
    actor      text not null default '',
    actor_name text not null default '',
    text       text not null default '',
    n          bigint not null default 0,
    n_of       bigint not null default 0,
    until      timestamptz,
    at         timestamptz not null default now()
);
create index alert_history_group on opsbot.alert_history ("group", id desc);
create index alert_history_at on opsbot.alert_history (at);

-- News that were taken: what comes twice is known.
create table opsbot.alert_news (
    id text primary key,
    at timestamptz not null default now()
);
create index alert_news_at on opsbot.alert_news (at);

-- When an alert was over the last time: news of before change nothing any more.
create table opsbot.alert_over (
    fingerprint text primary key,
    ended       timestamptz not null
);
create index alert_over_ended on opsbot.alert_over (ended);

create table opsbot.silences (
    id       bigint generated always as identity primary key,
    op       text not null unique,
    matchers jsonb not null,
    made_by  text not null,
    by_name  text not null default '',
    reason   text not null,
    "group"  bigint not null default 0,
    at       timestamptz not null default now(),
    until    timestamptz not null,
    ended_by text not null default '',
    ended_by_name text not null default '',
    ended_at timestamptz,
    applied  boolean not null default false, -- all that fired before it is
                                             -- muted; by now, up to here:
    seen_group bigint not null default 0,
    seen_print text not null default '',
    settled  boolean not null default false -- it is over, and nothing is muted by it
);
create index silences_open on opsbot.silences (until) where not settled;

-- What mutes what: an alert that fits a rule of inhibition has a key of the
-- rule and of the labels that have to be equal, for the side that it is on.
-- Sources mute the targets of the same key.
create table opsbot.alert_inhibit (
    fingerprint text not null,
    "group"     bigint not null,
    source      boolean not null,
    key         text not null,
    rule        text not null,
    primary key (fingerprint, "group", source, key)
);
create index alert_inhibit_key on opsbot.alert_inhibit (key, source);
-- Keys whose sources have changed: their targets are to be looked at.
create table opsbot.alert_inhibit_due (
    id  bigint generated always as identity primary key,
    key text not null
);
-- The rules that the keys are of; how far all that fires has got them.
create table opsbot.alert_inhibit_rules (
    one         boolean primary key default true check (one),
    digest      text not null,
    at          timestamptz not null,
    "group"     bigint not null default 0,
    fingerprint text not null default '',
    done        boolean not null default false
);

create table opsbot.oncall_overrides (
    id       bigint generated always as identity primary key,
    op       text not null unique,
    rotation text not null,
    member   text not null,
    made_by  text not null,
    at       timestamptz not null default now(),
    since    timestamptz not null,
    until    timestamptz not null
);
create index oncall_overrides_open on opsbot.oncall_overrides (rotation, until);

-- What goes out by another road than Slack's Web API.
create table opsbot.pages (
    id          bigint generated always as identity primary key,
    key         text not null unique,
    sent_as     text not null default '',    -- its name where it is sent; '':
                                             -- its key
    target      text not null,
    "group"     bigint not null default 0,
    subject     text not null default '',
    body        text not null,
    state       text not null default 'waiting'
                check (state in ('waiting', 'sent', 'failed')),
    attempts    integer not null default 0,  -- also the claim's mark
    due_at      timestamptz not null default now(),
    give_up_at  timestamptz not null,
    owner       text,
    lease_until timestamptz,
    unclear     boolean not null default false, -- an end was not seen
    error       text not null default '',
    created_at  timestamptz not null default now(),
    sent_at     timestamptz,
    failed_at   timestamptz                  -- when it was given up
);
create index pages_failed on opsbot.pages (failed_at) where state = 'failed';
create index pages_sent on opsbot.pages (target, sent_at)
    where state = 'sent';
create index pages_open on opsbot.pages (due_at) where state = 'waiting';
create index pages_created on opsbot.pages (created_at);

create table opsbot.alert_storms (
    id       bigint generated always as identity primary key,
    op       text not null unique,
    channel  text not null,
    began_at timestamptz not null default now(),
    ended_at timestamptz
);
create unique index alert_storms_open on opsbot.alert_storms (channel)
    where ended_at is null;

-- All alerts of a storm as a file in its thread: who asked for it first, and
-- what came of it. One waits at a time; content is a digest of what is in it,
-- written before it is sent.
create table opsbot.storm_files (
    id        bigint generated always as identity primary key,
    storm     bigint not null,
    content   text not null default '',
    state     text not null default 'waiting'
              check (state in ('waiting', 'there', 'failed')),
    asked_by  text not null,
    by_name   text not null default '',
    asked_at  timestamptz not null default now(),
    due_at    timestamptz not null default now(), -- also the claim's end
    tries     integer not null default 0,
    lines     bigint not null default 0,
    link      text not null default '',
    error     text not null default '',
    ended_at  timestamptz
);
create unique index storm_files_waiting on opsbot.storm_files (storm)
    where state = 'waiting';
create index storm_files_storm on opsbot.storm_files (storm, id desc);
create index storm_files_due on opsbot.storm_files (due_at)
    where state = 'waiting';

-- Every new group in each of its channels: how many a minute there were, and
-- what came during a storm. By the operation of its card: it is written before
-- the group has a number.
create table opsbot.alert_fresh (
    channel  text not null,
    op       text not null,
    severity smallint not null,
    storm    bigint not null default 0,
    folded   boolean not null default false,
    at       timestamptz not null default clock_timestamp()
);
create index alert_fresh_pace on opsbot.alert_fresh (channel, at desc);
create index alert_fresh_stale on opsbot.alert_fresh (at) where storm = 0;
create index alert_fresh_storm on opsbot.alert_fresh (storm)
    where storm <> 0;
create index alert_groups_op on opsbot.alert_groups (op);

create table opsbot.alert_rolls (
    id       bigint generated always as identity primary key,
    op       text not null unique,
    channel  text not null,
    groups   jsonb not null,             -- their numbers, in order
    versions bigint not null default 0,  -- the sum of theirs that was shown
    made_at  timestamptz not null default now()
);
create index alert_rolls_made on opsbot.alert_rolls (made_at);

-- Channels that Slack did not let us post to for long: what came meanwhile is
-- told in one message once it does.
create table opsbot.alert_aways (
    id       bigint generated always as identity primary key,
    op       text not null unique,
    channel  text not null,
    began_at timestamptz not null,
    ended_at timestamptz
);
create unique index alert_aways_open on opsbot.alert_aways (channel)
    where ended_at is null;

-- Deployments that we were told of.
create table opsbot.deploys (
    id      bigint generated always as identity primary key,
    op      text not null unique,
    service text not null,
    version text not null default '',
    actor   text not null default '',
    url     text not null default '',
    at      timestamptz not null
);
create index deploys_service on opsbot.deploys (service, at desc);

-- Causes of death that were seen before, by stream; '' says that it was looked
-- at. A fresh one had never been seen, and is still there.
create table opsbot.dlq_causes (
    stream text not null,
    cause  text not null,
    fresh  boolean not null default false,
    first  timestamptz not null default now(),
    seen   timestamptz not null default now(), -- to the day
    primary key (stream, cause)
);

-- How deep the dead letters of a stream were, and how long its oldest entry
-- had waited to be confirmed, once a minute, for a day: for pictures.
create table opsbot.stream_samples (
    stream   text not null,
    at       timestamptz not null,   -- to the minute
    dead     bigint,                 -- null: not known
    waits_ms bigint,                 -- null: not known
    primary key (stream, at)
);
create index stream_samples_at on opsbot.stream_samples (at);

-- Why a channel's post was not taken at once: what waits behind it is late for
-- the same reason.
alter table opsbot.outbox_channels
    add column held_up text not null default '',
    add column held_at timestamptz;
-- Why its card had to be posted again.
alter table opsbot.outbox add column lost text not null default '';
-- The thread that its message is in: what answers to it goes there too, for
-- nobody can answer to an answer.
alter table opsbot.outbox add column root text not null default '';
-- A card that somebody pressed on waits for the click's own edit.
alter table opsbot.outbox add column held_by text not null default '',
    add column held_until timestamptz;
create index outbox_where on opsbot.outbox (channel, ts) where thing <> '';
