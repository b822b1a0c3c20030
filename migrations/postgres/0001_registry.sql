-- The registry of partner links: what holds now, what was before, and the audit chains that prove it.
-- Ids are lower-case text, times are microseconds since 1970-01-01 UTC, hashes are lower-case hexadecimal.
-- The same tables as on SQLite. Collation "C": text is ordered by its bytes there, and so it is here.

-- The version of these tables, in one row.
create table registry_version (version bigint not null);

-- One record per principal and tenant; it outlives the link, so that version and created_at do.
create table link (
    tenant_id text collate "C" not null,
    object_id text collate "C" not null,
    partner_id text collate "C" not null,
    state text collate "C" not null,
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    -- The client request id of the PUT that made the link as it stands; a repeat of it is answered, not refused.
    made_by text collate "C",
    -- The name of who made the last change, lower-cased: for search only.
    caller_folded text collate "C",
    primary key (tenant_id, object_id)
);

create table link_history (
    tenant_id text collate "C" not null,
    object_id text collate "C" not null,
    version bigint not null,
    kind text collate "C" not null,
    partner_id text collate "C" not null,
    partner_before text collate "C",
    changed_at bigint not null,
    audit_sequence bigint not null,
    caller_name text collate "C",
    client_id text collate "C",
    request_id text collate "C" not null,
    client_request_id text collate "C",
    via text collate "C" not null,
    primary key (tenant_id, object_id, version)
);

create table partner (
    partner_id text collate "C" not null primary key,
    name text collate "C" not null,
    name_folded text collate "C" not null,
    kind text collate "C" not null,
    global_partner_id text collate "C",
    active_from bigint,
    active_until bigint,
    changed_at bigint not null
);
create index partner_by_global on partner (global_partner_id);

-- One chain per tenant, and one of the operator under the nil tenant. Records are only ever added.
create table audit_head (
    tenant_id text collate "C" not null primary key,
    sequence bigint not null,
    hash text collate "C" not null,
    recorded_at bigint not null
);

create table audit_record (
    tenant_id text collate "C" not null,
    sequence bigint not null,
    record text collate "C" not null,
    hash text collate "C" not null,
    primary key (tenant_id, sequence)
);
