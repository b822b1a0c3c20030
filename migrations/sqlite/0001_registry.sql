-- The registry of partner links: what holds now, what was before, and the audit chains that prove it.
-- Ids are lower-case text, times are microseconds since 1970-01-01 UTC, hashes are lower-case hexadecimal.

-- One record per principal and tenant; it outlives the link, so that version and created_at do.
create table link (
    tenant_id text not null,
    object_id text not null,
    partner_id text not null,
    state text not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null,
    -- The client request id of the PUT that made the link as it stands; a repeat of it is answered, not refused.
    made_by text,
    -- The name of who made the last change, lower-cased: for search only.
    caller_folded text,
    primary key (tenant_id, object_id)
) strict, without rowid;

create table link_history (
    tenant_id text not null,
    object_id text not null,
    version integer not null,
    kind text not null,
    partner_id text not null,
    partner_before text,
    changed_at integer not null,
    audit_sequence integer not null,
    caller_name text,
    client_id text,
    request_id text not null,
    client_request_id text,
    via text not null,
    primary key (tenant_id, object_id, version)
) strict, without rowid;

create table partner (
    partner_id text not null primary key,
    name text not null,
    name_folded text not null,
    kind text not null,
    global_partner_id text,
    active_from integer,
    active_until integer,
    changed_at integer not null
) strict, without rowid;
create index partner_by_global on partner (global_partner_id);

-- One chain per tenant, and one of the operator under the nil tenant. Records are only ever added.
create table audit_head (
    tenant_id text not null primary key,
    sequence integer not null,
    hash text not null,
    recorded_at integer not null
) strict, without rowid;

create table audit_record (
    tenant_id text not null,
    sequence integer not null,
    record text not null,
    hash text not null,
    primary key (tenant_id, sequence)
) strict, without rowid;
