/** What is to be done on chain, and the transactions that were signed for it before they were sent. */
export const sql = `
create table io.operations (
  operation_no bigint generated always as identity primary key,
  operation_id text not null unique check (operation_id ~ '^[0-9a-f]{64}$'),
  kind text not null check (kind in ('OpenCase', 'ResolveCase', 'FinalizeBurn', 'PublishRoot', 'CancelRoot',
    'PayOut', 'CloseOperation')),
  signer text not null check (signer in ('publisher', 'slasher', 'adjudicator', 'auditor', 'treasurer')),
  payload text not null check (length(payload) between 2 and 16384),
  recorded_at_s integer not null,
  -- What moves: until when it need not be looked at, how it ended, and why it waits or was refused.
  next_at_s integer not null,
  state text not null default 'Pending' check (state in ('Pending', 'Done', 'Refused')),
  signature text,
  message text not null default '' check (length(message) <= 1024),
  ended_at_s integer,
  check ((state = 'Pending') = (ended_at_s is null))
) with (fillfactor = 70);
create index operations_pending on io.operations (next_at_s, operation_no) where state = 'Pending';
create index operations_by_kind on io.operations (kind, state, recorded_at_s);
-- Whether a pay-out is being closed.
create index operations_closing on io.operations (payload) where kind = 'CloseOperation';

create table io.operation_attempts (
  operation_no bigint not null references io.operations,
  -- Counted from 1: of two processes that sign at once, one is refused.
  attempt_no integer not null check (attempt_no > 0),
  signature text not null unique check (length(signature) between 64 and 88),
  -- Prepare: what may be done twice, before the effect.
  purpose text not null check (purpose in ('Effect', 'Prepare')),
  bytes bytea not null check (length(bytes) between 1 and 1232),
  blockhash text not null,
  last_valid_height bigint not null check (last_valid_height > 0),
  signed_at_s integer not null,
  -- What moves, each once.
  sent_at_s integer,
  outcome text check (outcome in ('Landed', 'Failed', 'Expired')),
  error text not null default '' check (length(error) <= 1024),
  ended_at_s integer,
  primary key (operation_no, attempt_no),
  check ((outcome is null) = (ended_at_s is null))
) with (fillfactor = 80);

-- Records an operation; the same one again changes nothing.
create function io.record_operation(p_id text, p_kind text, p_signer text, p_payload text, p_now_s integer)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into io.operations (operation_id, kind, signer, payload, recorded_at_s, next_at_s)
  values (p_id, p_kind, p_signer, p_payload, p_now_s, p_now_s)
  on conflict (operation_id) do nothing;
  if not found and not exists (select from io.operations
    where operation_id = p_id and kind = p_kind and signer = p_signer and payload = p_payload) then
    raise exception 'operation % was recorded before with other content', p_id using errcode = 'IO005';
  end if;
end $$;

-- Stores what was signed, before it is sent. False when it must not be sent: the operation has ended, or
-- an attempt of this number is there.
create function io.add_attempt(p_id text, p_attempt_no integer, p_signature text, p_purpose text,
  p_bytes bytea, p_blockhash text, p_last_valid_height bigint, p_now_s integer)
returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  operation io.operations;
  attempts integer;
begin
  select * into operation from io.operations where operation_id = p_id for update;
  if not found then
    raise exception 'operation % is not recorded', p_id using errcode = 'foreign_key_violation';
  end if;
  select count(*) into attempts from io.operation_attempts where operation_no = operation.operation_no;
  if operation.state <> 'Pending' or p_attempt_no <> attempts + 1 or exists (
    select from io.operation_attempts where operation_no = operation.operation_no and outcome is null)
  then return false; end if;
  insert into io.operation_attempts (operation_no, attempt_no, signature, purpose, bytes, blockhash,
    last_valid_height, signed_at_s)
  values (operation.operation_no, p_attempt_no, p_signature, p_purpose, p_bytes, p_blockhash,
    p_last_valid_height, p_now_s);
  return true;
end $$;

create trigger keep_all before delete on io.operations for each row execute function io.refuse_change();
create trigger keep_all_rows before truncate on io.operations for each statement execute function io.refuse_change();
create trigger keep_content before update on io.operations for each row
  when ((new.operation_no, new.operation_id, new.kind, new.signer, new.payload, new.recorded_at_s)
      <> (old.operation_no, old.operation_id, old.kind, old.signer, old.payload, old.recorded_at_s)
    or old.state <> 'Pending')
  execute function io.refuse_change();
create trigger keep_all before delete on io.operation_attempts for each row execute function io.refuse_change();
create trigger keep_all_rows before truncate on io.operation_attempts
  for each statement execute function io.refuse_change();
create trigger keep_content before update on io.operation_attempts for each row
  when ((new.operation_no, new.attempt_no, new.signature, new.purpose, new.bytes, new.blockhash,
      new.last_valid_height, new.signed_at_s)
      <> (old.operation_no, old.attempt_no, old.signature, old.purpose, old.bytes, old.blockhash,
      old.last_valid_height, old.signed_at_s)
    or old.sent_at_s <> new.sent_at_s or (old.outcome is not null and old.outcome is distinct from new.outcome))
  execute function io.refuse_change();

grant select on io.operations, io.operation_attempts to io_writer, io_reader;
grant update (next_at_s, state, signature, message, ended_at_s) on io.operations to io_writer;
grant update (sent_at_s, outcome, error, ended_at_s) on io.operation_attempts to io_writer;
revoke all on function io.record_operation(text, text, text, text, integer),
  io.add_attempt(text, integer, text, text, bytea, text, bigint, integer) from public;
grant execute on function io.record_operation(text, text, text, text, integer),
  io.add_attempt(text, integer, text, text, bytea, text, bigint, integer) to io_writer;
`;
