//! The exports that partners and customers have, read as they are (`formats.md`).
//!
//! One table of shapes: a shape is one kind of record, how it is recognised, and what it becomes. Containers (folders,
//! gzip, zip, JSON in its forms, CSV, spreadsheets) are undone before that, so that a shape sees single records only.
//!
//! **Absent:** what facts mean. Ids that cannot be resolved here stay as aliases, and are resolved at close.

mod account;
mod archive;
mod audit;
mod component;
mod context;
mod customer_insights;
mod data_lake;
mod dataverse;
mod directory;
mod facts;
mod in_order;
mod inventory;
mod links;
mod local;
mod looks;
pub mod normal;
pub mod package;
mod page;
pub mod part;
mod power_bi;
mod power_platform;
mod quick;
mod reach;
mod read;
mod record;
mod runs;
mod split;
mod spreadsheet;
mod tables;
mod unpack;
mod walk;
mod xml;

pub use account::{Account, Refused};
pub use archive::Entry;
pub use context::{Context, Dates};
pub use facts::{Covered, Facts, Outcome, Reason};
pub use package::Package;
pub use page::Page;
pub use part::Part;
pub use reach::reach;
pub use read::{Taken, read, read_telling};
pub use record::Record;
pub use split::{Piece, Splitter};
pub use walk::{Content, Input, Unopened, inputs};

/// Where exports come from; what people name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The unified audit log, in every container.
    Audit,
    /// Power BI activity events, admin lists, scanner results.
    PowerBi,
    /// Power Apps and flow admin lists, environments, the inventory API.
    PowerPlatform,
    /// The Data Lake export of Power Platform.
    DataLake,
    /// Dataverse tables.
    Dataverse,
    /// Solution packages.
    Solution,
    /// Customer Insights instances, profile stores, diagnostic logs.
    CustomerInsights,
    /// Entra users, guests, service principals, groups.
    Directory,
    /// Partner links: outputs of clients, spreadsheets.
    Links,
    /// Lists of people and accounts that a partner keeps.
    Roster,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Audit,
        Self::PowerBi,
        Self::PowerPlatform,
        Self::DataLake,
        Self::Dataverse,
        Self::Solution,
        Self::CustomerInsights,
        Self::Directory,
        Self::Links,
        Self::Roster,
    ];

    /// Reads its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == word)
    }

    /// Its word on the command line and in the catalogue.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::PowerBi => "power-bi",
            Self::PowerPlatform => "power-platform",
            Self::DataLake => "data-lake",
            Self::Dataverse => "dataverse",
            Self::Solution => "solution",
            Self::CustomerInsights => "customer-insights",
            Self::Directory => "directory",
            Self::Links => "links",
            Self::Roster => "roster",
        }
    }
}

/// One kind of record.
#[derive(Debug)]
pub struct Shape {
    /// What it is, for people.
    pub name: &'static str,
    /// Where it comes from.
    pub source: Source,
    /// Whether a record is one; asked of the first record of a file.
    recognises: fn(Record<'_>) -> bool,
    /// What a record becomes.
    becomes: fn(Record<'_>, &Context, &mut Facts) -> Outcome,
    /// The id that makes a record the same wherever it comes again; by what it becomes, if there is none.
    identity: fn(Record<'_>) -> Option<String>,
}

/// Every shape there is; the first that recognises a record is its shape, so the more particular stand first.
const SHAPES: &[&[Shape]] = &[
    audit::SHAPES,
    power_bi::SHAPES,
    customer_insights::SHAPES,
    power_platform::SHAPES,
    data_lake::SHAPES,
    dataverse::SHAPES,
    links::SHAPES,
    directory::SHAPES,
    links::ROSTERS,
];

/// The shape of a record; of the wanted source, if one is named.
pub fn shape(record: Record<'_>, wanted: Option<Source>) -> Option<&'static Shape> {
    let mut shapes = SHAPES.iter().copied().flatten();
    shapes.find(|shape| wanted.is_none_or(|wanted| wanted == shape.source) && (shape.recognises)(record))
}

/// What the user should know about a file as a whole, once it is read.
fn warning(account: &Account) -> Option<String> {
    match account.shape?.source {
        Source::Audit => audit::warning(account),
        _ => None,
    }
}
