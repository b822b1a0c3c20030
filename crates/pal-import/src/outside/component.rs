//! What solutions consist of: components that can be attributed, and those that cannot (`formats.md` §5.1).

/// A component that can be attributed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Component {
    /// What it is.
    pub kind: ComponentKind,
    /// What finds it in an environment: schema name, unique name, or `workflowid`.
    pub key: String,
    /// Its name for people; the key where it has none.
    pub name: String,
    /// Whether the solution names it itself; it may also come with another component.
    pub root: bool,
}

/// Kinds of components that can be attributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ComponentKind {
    /// Type 300.
    CanvasApp,
    /// Type 80.
    ModelDrivenApp,
    /// Type 29, of category 5.
    CloudFlow,
}

/// Components that cannot be attributed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ignored {
    /// What they are.
    pub kind: String,
    /// Why they cannot.
    pub why: &'static str,
    /// How many.
    pub count: u64,
}

impl ComponentKind {
    /// Its word, which is the product's.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CanvasApp => "power_apps_canvas",
            Self::ModelDrivenApp => "power_apps_model_driven",
            Self::CloudFlow => "power_automate",
        }
    }

    /// The kind of a component type's number.
    pub(super) fn of_type(number: i64) -> Option<ComponentKind> {
        Some(match number {
            29 => Self::CloudFlow,
            80 => Self::ModelDrivenApp,
            300 => Self::CanvasApp,
            _ => return None,
        })
    }

    /// The number of its component type.
    pub(super) const fn number(self) -> i64 {
        match self {
            Self::CloudFlow => 29,
            Self::ModelDrivenApp => 80,
            Self::CanvasApp => 300,
        }
    }

    /// What a component of this type is that cannot be attributed: by its category, or its type of canvas app.
    pub(super) fn other(self, class: &str) -> Option<&'static str> {
        Some(match (self, class) {
            (Self::CloudFlow, "5") | (Self::ModelDrivenApp, _) => return None,
            (Self::CloudFlow, "0") => "classic workflow",
            (Self::CloudFlow, "1") => "dialog",
            (Self::CloudFlow, "2") => "business rule",
            (Self::CloudFlow, "3") => "action",
            (Self::CloudFlow, "4") => "business process flow",
            (Self::CloudFlow, "6") => "desktop flow",
            (Self::CloudFlow, _) => "process of another category",
            (Self::CanvasApp, "1") => "component library",
            (Self::CanvasApp, "2") => "custom page",
            (Self::CanvasApp, _) => return None,
        })
    }
}

/// What a component type is called that is none of these.
pub(super) fn type_name(number: i64) -> String {
    let name = match number {
        1 => "table",
        2 => "column",
        9 => "choice",
        20 => "security role",
        26 => "view",
        60 | 24 => "form",
        61 => "web resource",
        62 => "site map",
        91 => "plug-in assembly",
        92 => "plug-in step",
        371 | 372 => "connector",
        380 | 381 => "environment variable",
        _ => return format!("component of type {number}"),
    };
    name.to_owned()
}
