//! What files say of solutions: facts only together with import jobs, and so joined when facts are read, whatever came
//! first.

use pal_rules::facts::Address;
use rusqlite::{Row, Transaction, params};

use super::{Workspace, WorkspaceFault};

/// What a file says of a solution.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SolutionPart {
    /// A component of a package: what an import of that solution brings.
    Packaged {
        /// The unique name of the solution.
        solution: String,
        /// The version of the package.
        version: String,
        /// What the component is called in every environment: a schema name, a unique name, the id of a flow.
        name: String,
    },
    /// A solution as an environment has it.
    Installed {
        /// The environment.
        environment: String,
        /// The id of the solution there.
        id: String,
        /// Its version.
        version: String,
        /// The unique name of the solution.
        solution: String,
    },
    /// A component of a solution as an environment has it.
    Component {
        /// The environment.
        environment: String,
        /// The id of the solution there.
        id: String,
        /// The app or flow.
        resource: String,
    },
}

impl SolutionPart {
    /// The part as it is stored: kind, environment, solution, version, name.
    pub fn cells(&self) -> [&str; 5] {
        match self {
            Self::Packaged { solution, version, name } => ["packaged", "", solution, version, name],
            Self::Installed { environment, id, version, solution } => {
                ["installed", environment, id, version, solution]
            }
            Self::Component { environment, id, resource } => ["component", environment, id, "", resource],
        }
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let kind: String = row.get(0)?;
        let (environment, version, name) = (row.get(1)?, row.get(3)?, row.get(4)?);
        Ok(match kind.as_str() {
            "packaged" => Self::Packaged { solution: row.get(2)?, version, name },
            "installed" => Self::Installed { environment, id: row.get(2)?, version, solution: name },
            _ => Self::Component { environment, id: row.get(2)?, resource: name },
        })
    }

    /// Stores the part unless it is there already.
    pub(super) fn insert(&self, to: &Transaction<'_>, file: i64, line: u64) -> Result<(), WorkspaceFault> {
        let sql = "insert into solution_part values (?1, ?2, ?3, ?4, ?5, ?6, ?7) on conflict do nothing";
        let [kind, environment, solution, version, name] = self.cells();
        let cells = params![kind, environment, solution, version, name, file, line.cast_signed()];
        to.prepare_cached(sql)?.execute(cells)?;
        Ok(())
    }
}

impl Workspace {
    /// What was said of solutions, as far as the given import, each part where it was first read.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn solution_parts(&self, last_import: i64) -> Result<Vec<(SolutionPart, Address)>, WorkspaceFault> {
        let sql = "select p.kind, p.environment, p.solution, p.version, p.name, p.import_file_id, p.line \
                   from solution_part p join import_file f on f.id = p.import_file_id \
                   where f.import_id <= ?1 order by 1, 2, 3, 4, 5";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([last_import], |row| {
            let (file, line): (i64, i64) = (row.get(5)?, row.get(6)?);
            let address = Address { file: u32::try_from(file).unwrap_or(0), line: line.cast_unsigned() };
            Ok((SolutionPart::read(row)?, address))
        })?;
        rows.collect::<Result<_, _>>().map_err(Into::into)
    }

    /// Whether imports after one and up to another were the first to say something of solutions.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn has_new_solution_parts(&self, after: i64, until: i64) -> Result<bool, WorkspaceFault> {
        let sql = "select exists (select 1 from solution_part p join import_file f on f.id = p.import_file_id \
                   where f.import_id > ?1 and f.import_id <= ?2)";
        Ok(self.connection.query_row(sql, [after, until], |row| row.get(0))?)
    }
}
