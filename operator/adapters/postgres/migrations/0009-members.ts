/** Members that were removed: nobody waits for what they did not report. */
export const sql = `
alter table io.members
  -- The last time at which the member was removed: leases opened until then are settled, once they
  -- have ended, with what was reported. A member of the same name may join later.
  add column removed_at_s integer;

create trigger keep_removal before update on io.members for each row
  when (new.removed_at_s is distinct from greatest(old.removed_at_s, new.removed_at_s))
  execute function io.refuse_change();
grant update (removed_at_s) on io.members to io_writer;

-- Whether an ended lease can be settled: its member told all of it, or nobody waits any longer.
create function io.may_settle(lease io.leases, member io.members, silence_s integer, now_s integer)
returns boolean immutable language sql as $$
  select member.observed_until_s >= lease.ended_at_s or now_s >= lease.ended_at_s + silence_s
    or member.removed_at_s >= lease.opened_at_s
$$;

-- io.settle of migration 0002 with that condition; the rest of it stays as it is.
do $do$
declare
  before text := pg_get_functiondef(
    'io.settle(integer, boolean, integer, integer, integer)'::regprocedure);
  after text := replace(before,
    '(m.observed_until_s >= l.ended_at_s or now_s >= l.ended_at_s + silence_s)',
    'io.may_settle(l, m, silence_s, now_s)');
begin
  if after = before then raise exception 'io.settle is not that of migration 0002'; end if;
  execute after;
end $do$;

-- A member is gone: what its leases used and it did not report is not waited for. Returns how many
-- of its leases are not settled yet. A member that never had a lease is no row here.
create function io.remove_member(removed text, now_s integer) returns integer
volatile language plpgsql as $$
begin
  update io.members m set removed_at_s = now_s
    where m.name = removed and coalesce(m.removed_at_s, -1) < now_s;
  return io.unsettled_leases(removed);
end $$;
create function io.unsettled_leases(of_member text) returns integer stable language sql as $$
  select count(*)::integer from io.leases l join io.members m using (member_no)
  where m.name = of_member and l.state <> 'Closed'
$$;
`;
