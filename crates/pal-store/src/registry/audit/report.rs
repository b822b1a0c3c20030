//! What verification can find, and how it says so.

use std::fmt;

use pal_rules::time::Timestamp;

/// What is wrong at a place of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Bytes and hash do not belong together: one of them was altered.
    Altered,
    /// The record says that it belongs elsewhere: it was moved, or put in.
    Misplaced,
    /// It does not follow from the record before it: one of the two was put in or replaced.
    Unchained,
    /// Records are missing from here on.
    Missing {
        /// To this one, at least.
        until: i64,
    },
    /// There is no head row for the chain.
    HeadMissing,
    /// The head row tells another end of the chain.
    HeadDiffers,
    /// A checkpoint has another hash for this record: it, or one before it, was replaced and the chain rebuilt.
    Rewritten {
        /// The last place before it that a checkpoint vouches for; 0 if none does.
        after: i64,
        /// When the checkpoint was made.
        checkpoint: Timestamp,
    },
    /// A table tells something else than the record that was made with its row.
    RowDiffers {
        /// The table.
        table: &'static str,
        /// The row, by its key.
        row: String,
    },
    /// A table has other rows of the tenant than its chain has records for; the place is the chain's end.
    RowsDiffer {
        /// The table.
        table: &'static str,
        /// How many it has.
        found: i64,
        /// How many it should have.
        recorded: i64,
    },
    /// Something stands in the database that this program does not put there, such as a trigger.
    Foreign {
        /// What.
        what: String,
    },
    /// A table or index of this program is missing, or is not as it was made.
    Remade {
        /// Which.
        what: String,
    },
    /// The database cannot be read as a whole: its structure is damaged.
    Damaged {
        /// What it says, and what could be read.
        says: String,
    },
}

/// Something found at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The chain; empty for what is wrong with the database as a whole.
    pub tenant: String,
    /// The place in it; 0 where there is no chain.
    pub sequence: i64,
    /// What is wrong there.
    pub flaw: Flaw,
}

impl Finding {
    /// Something that is wrong with the database as a whole.
    pub(in crate::registry) fn of_database(flaw: Flaw) -> Self {
        Self { tenant: String::new(), sequence: 0, flaw }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.tenant.is_empty() {
            write!(f, "tenant {}, record {}: ", self.tenant, self.sequence)?;
        }
        match &self.flaw {
            Flaw::Altered => f.write_str("bytes and hash do not belong together"),
            Flaw::Misplaced => f.write_str("it says of itself that it belongs elsewhere"),
            Flaw::Unchained => f.write_str("it does not follow from the record before it"),
            Flaw::Missing { until } if *until == self.sequence => f.write_str("it is missing"),
            Flaw::Missing { until } => write!(f, "it and those up to {until} are missing"),
            Flaw::HeadMissing => f.write_str("the chain has no head row"),
            Flaw::HeadDiffers => f.write_str("the head row tells another end of the chain"),
            Flaw::Rewritten { after, checkpoint } => {
                write!(
                    f,
                    "the checkpoint of {checkpoint} has another hash; records after {after} were replaced"
                )
            }
            Flaw::RowDiffers { table, row } => write!(f, "table `{table}` tells something else of `{row}`"),
            Flaw::RowsDiffer { table, found, recorded } => {
                write!(f, "table `{table}` has {found} rows where {recorded} are recorded")
            }
            Flaw::Foreign { what } => write!(f, "the database has {what}, which pal does not make"),
            Flaw::Remade { what } => write!(f, "{what} is missing, or is not as pal makes it"),
            Flaw::Damaged { says } => write!(f, "the database is damaged: {says}"),
        }
    }
}

/// Records that no checkpoint covers: their chain is whole in itself, but its end could have been cut off unseen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beyond {
    /// The chain.
    pub tenant: String,
    /// The last place that a checkpoint vouches for; 0 if none does.
    pub after: i64,
    /// The last record.
    pub last: i64,
}

/// What verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Chains seen.
    pub chains: u64,
    /// Records read.
    pub records: u64,
    /// Everything that is wrong; nothing, if all is well.
    pub findings: Vec<Finding>,
    /// What lies after the newest checkpoint, by chain.
    pub beyond: Vec<Beyond>,
}

impl Report {
    /// What is said of a database that cannot be walked.
    pub(in crate::registry) fn damaged(says: String) -> Self {
        Self { findings: vec![Finding::of_database(Flaw::Damaged { says })], ..Self::default() }
    }

    /// Whether nothing is wrong.
    pub fn sound(&self) -> bool {
        self.findings.is_empty()
    }
}
