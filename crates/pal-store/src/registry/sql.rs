//! Every SQL text of the registry, once. Only TEXT and integer columns, `$1` binds in the order of their first use: what
//! SQLite and PostgreSQL both take. The order of text is that of its bytes on both: the tables of PostgreSQL have
//! collation "C". What only one of them needs stands at the end.

pub(super) const LINK: &str = "select l.partner_id, p.name, l.state, l.version, l.created_at, l.updated_at, l.made_by \
     from link l left join partner p on p.partner_id = l.partner_id where l.tenant_id = $1 and l.object_id = $2";

pub(super) const PUT_LINK: &str = "insert into link (tenant_id, object_id, partner_id, state, version, created_at, \
     updated_at, made_by, caller_folded) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
     on conflict (tenant_id, object_id) do update set partner_id = excluded.partner_id, state = excluded.state, \
     version = excluded.version, updated_at = excluded.updated_at, made_by = excluded.made_by, \
     caller_folded = excluded.caller_folded";

pub(super) const LINKS: &str = "select l.tenant_id, l.object_id, l.partner_id, p.name, l.version, l.created_at, \
     l.updated_at from link l left join partner p on p.partner_id = l.partner_id \
     where l.tenant_id between $1 and $2 and l.object_id between $3 and $4 and l.partner_id between $5 and $6 \
     and (l.tenant_id, l.object_id) > ($7, $8) and l.state = 'Active' \
     and (l.tenant_id like $9 escape '\\' or l.object_id like $9 escape '\\' or l.partner_id like $9 escape '\\' \
     or p.name_folded like $9 escape '\\' or l.caller_folded like $9 escape '\\') \
     order by l.tenant_id, l.object_id limit $10";

pub(super) const ADD_HISTORY: &str = "insert into link_history (tenant_id, object_id, version, kind, partner_id, \
     partner_before, changed_at, audit_sequence, caller_name, client_id, request_id, client_request_id, via) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

pub(super) const HISTORY: &str = "select version, kind, partner_id, partner_before, changed_at, audit_sequence, \
     caller_name, client_id, request_id, client_request_id, via from link_history \
     where tenant_id = $1 and object_id = $2 order by version";

pub(super) const CHANGE: &str = "select version, kind, partner_id, partner_before, changed_at, audit_sequence, \
     caller_name, client_id, request_id, client_request_id, via from link_history \
     where tenant_id = $1 and object_id = $2 and version = $3";

pub(super) const PARTNER: &str = "select partner_id, name, kind, global_partner_id, active_from, active_until, \
     changed_at from partner where partner_id = $1";

pub(super) const PARTNERS: &str = "select partner_id, name, kind, global_partner_id, active_from, active_until, \
     changed_at from partner order by partner_id";

pub(super) const LOCATIONS: &str = "select partner_id, name, kind, global_partner_id, active_from, active_until, \
     changed_at from partner where global_partner_id = $1 order by partner_id";

pub(super) const PUT_PARTNER: &str = "insert into partner (partner_id, name, name_folded, kind, global_partner_id, \
     active_from, active_until, changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8) \
     on conflict (partner_id) do update set name = excluded.name, name_folded = excluded.name_folded, \
     kind = excluded.kind, global_partner_id = excluded.global_partner_id, active_from = excluded.active_from, \
     active_until = excluded.active_until, changed_at = excluded.changed_at";

pub(super) const HEAD: &str = "select sequence, hash, recorded_at from audit_head where tenant_id = $1";

pub(super) const HEADS: &str =
    "select tenant_id, sequence, hash, recorded_at from audit_head order by tenant_id";

pub(super) const PUT_HEAD: &str = "insert into audit_head (tenant_id, sequence, hash, recorded_at) \
     values ($1, $2, $3, $4) on conflict (tenant_id) do update set sequence = excluded.sequence, \
     hash = excluded.hash, recorded_at = excluded.recorded_at";

pub(super) const ADD_RECORD: &str =
    "insert into audit_record (tenant_id, sequence, record, hash) values ($1, $2, $3, $4)";

pub(super) const RECORDS: &str = "select tenant_id, sequence, record, hash from audit_record where (tenant_id, sequence) > ($1, $2) \
     order by tenant_id, sequence limit $3";

/// Every change of every link.
pub(super) const ALL_HISTORY: &str = "select tenant_id, object_id, kind, partner_id, changed_at, audit_sequence \
     from link_history order by tenant_id, object_id, version";

/// The records of one chain.
pub(super) const CHAIN: &str =
    "select sequence, record from audit_record where tenant_id = $1 order by sequence";

/// Rows of links and of their history, by tenant.
pub(super) const ROWS: &str = "select 'link', tenant_id, count(*) from link group by tenant_id \
     union all select 'link_history', tenant_id, count(*) from link_history group by tenant_id";

pub(super) const PARTNER_ROWS: &str = "select count(*) from partner";

/// What keeps one change of many whole, in a commit of `SQLite`.
pub(super) const BEGIN_CHANGE: &str = "savepoint change";
pub(super) const UNDO_CHANGE: &str = "rollback to savepoint change";
pub(super) const END_CHANGE: &str = "release savepoint change";

/// On PostgreSQL, where others write at the same time: makes sure that there is a head to lock, and locks it. `SQLite`
/// has one writer.
pub(super) const MAKE_HEAD: &str = "insert into audit_head (tenant_id, sequence, hash, recorded_at) \
     values ($1, 0, repeat('0', 64), 0) on conflict (tenant_id) do nothing";
pub(super) const HEAD_LOCKED: &str =
    "select sequence, hash, recorded_at from audit_head where tenant_id = $1 for update";

/// Transactions of PostgreSQL. A change reads, under its lock, what was committed before it; a question of several
/// parts sees one instant.
pub(super) const BEGIN: &str = "begin isolation level read committed read write";
pub(super) const BEGIN_SNAPSHOT: &str = "begin isolation level repeatable read read only";
pub(super) const COMMIT: &str = "commit";
pub(super) const ROLLBACK: &str = "rollback";

/// What holds for every session on PostgreSQL: nobody waits for ever, and a commit that is answered is on disk, whatever
/// role and database are set to.
pub(super) const SESSION: &str = "set lock_timeout = '10s'; \
     set idle_in_transaction_session_timeout = '30s'; \
     select set_config('synchronous_commit', 'on', false) \
     where current_setting('synchronous_commit') in ('off', 'local')";

/// The version of the tables on PostgreSQL; on `SQLite` it stands in the file's header.
pub(super) const ENCODING: &str = "select current_setting('server_encoding')";
pub(super) const HAS_VERSION: &str =
    "select case when to_regclass('registry_version') is null then '' else 'registry_version' end";
pub(super) const VERSION: &str = "select version from registry_version";
pub(super) const FORGET_VERSION: &str = "delete from registry_version";
pub(super) const PUT_VERSION: &str = "insert into registry_version (version) values ($1)";
/// Of several programs that start at once, one makes the tables. Locked before the transaction begins, because one that is
/// under way may go on believing that there is no table that it did not find before.
pub(super) const LOCK_MIGRATION: &str = "select pg_advisory_lock(7297613)";

/// Whole tables, for the path from one engine to the other.
pub(super) const LOCK_TABLES: &str =
    "lock table link, link_history, partner, audit_head, audit_record in exclusive mode";
/// Each table with what writes a row of it as it was read.
pub(super) const TABLES: [(&str, &str, &str); 5] = [
    (
        "link",
        "select tenant_id, object_id, partner_id, state, version, created_at, updated_at, made_by, caller_folded \
         from link",
        PUT_LINK,
    ),
    (
        "link_history",
        "select tenant_id, object_id, version, kind, partner_id, partner_before, changed_at, audit_sequence, \
         caller_name, client_id, request_id, client_request_id, via from link_history",
        ADD_HISTORY,
    ),
    (
        "partner",
        "select partner_id, name, name_folded, kind, global_partner_id, active_from, active_until, changed_at \
         from partner",
        PUT_PARTNER,
    ),
    ("audit_head", "select tenant_id, sequence, hash, recorded_at from audit_head", PUT_HEAD),
    ("audit_record", "select tenant_id, sequence, record, hash from audit_record", ADD_RECORD),
];
pub(super) const ANY_ROW: &str = "select count(*) from (select 1 from link union all select 1 from link_history \
     union all select 1 from partner union all select 1 from audit_head union all select 1 from audit_record) as rows";

#[cfg(test)]
mod tests {
    use super::*;

    /// `SQLite` numbers `$n` by first use, PostgreSQL by `n`: both must come to the same.
    #[test]
    fn binds_stand_in_the_order_of_their_numbers() {
        for sql in [
            LINK,
            PUT_LINK,
            LINKS,
            ADD_HISTORY,
            HISTORY,
            CHANGE,
            PARTNER,
            PARTNERS,
            LOCATIONS,
            PUT_PARTNER,
            HEAD,
            HEADS,
            PUT_HEAD,
            ADD_RECORD,
            RECORDS,
            ALL_HISTORY,
            CHAIN,
            MAKE_HEAD,
            HEAD_LOCKED,
        ] {
            let mut seen = 0;
            for part in sql.split('$').skip(1) {
                let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
                let number: usize = digits.parse().unwrap();
                assert!(number <= seen + 1, "{sql}");
                seen = seen.max(number);
            }
        }
    }
}
