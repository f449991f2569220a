-- What the bot's run-time role may do, and no more. Runs after the migrations
-- at every start; the role's name is in opsbot.runtime_role.
do $$
declare
    who text := current_setting('opsbot.runtime_role');
begin
    if who = current_user then
        return;
    end if;
    execute format('grant usage on schema opsbot to %I', who);
    execute format('grant select on opsbot.migrations to %I', who);
    execute format('revoke all on opsbot.audit_events from %I', who);
    execute format('grant select, insert on opsbot.audit_events to %I', who);
    execute format('grant select, insert, update, delete on opsbot.operations,'
                   ' opsbot.operation_batches, opsbot.outbox,'
                   ' opsbot.outbox_channels, opsbot.confirmations, opsbot.jobs,'
                   ' opsbot.halts, opsbot.leases, opsbot.timers,'
                   ' opsbot.user_groups to %I', who);
    execute format('grant select, insert, update, delete on opsbot.check_states,'
                   ' opsbot.check_changes, opsbot.check_results,'
                   ' opsbot.health_shares to %I', who);
    execute format('grant select, insert, update on opsbot.incidents to %I',
                   who);
    execute format('revoke all on opsbot.incident_events from %I', who);
    execute format('grant select, insert on opsbot.incident_events to %I',
                   who);
    execute format('grant select, insert, update, delete on'
                   ' opsbot.alert_groups, opsbot.alerts, opsbot.alert_traces,'
                   ' opsbot.alert_history, opsbot.alert_news,'
                   ' opsbot.alert_over, opsbot.silences,'
                   ' opsbot.alert_inhibit, opsbot.alert_inhibit_due,'
                   ' opsbot.alert_inhibit_rules, opsbot.oncall_overrides,'
                   ' opsbot.pages, opsbot.alert_storms, opsbot.alert_fresh,'
                   ' opsbot.alert_rolls, opsbot.alert_aways, opsbot.deploys,'
                   ' opsbot.dlq_causes, opsbot.storm_files,'
                   ' opsbot.stream_samples to %I', who);
    execute format('grant execute on function opsbot.audit_partitions(integer),'
                   ' opsbot.audit_retire(integer),'
                   ' opsbot.check_partitions(timestamptz, integer),'
                   ' opsbot.check_retire(integer) to %I', who);
end
$$;
