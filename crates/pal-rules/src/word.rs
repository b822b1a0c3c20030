//! The closed lists of words that facts and statements use, each spelt once.

use std::fmt;
use std::sync::Arc;

use crate::text::{Text, Written};

/// Declares an enum whose variants are the words of a closed list.
macro_rules! word_list {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// The words, in the order of the variants.
            pub const WORDS: &'static [&'static str] = &[$($text),+];

            /// The word as it stands in files.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// Reads the word; `None` if it is not in the list.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        const _: () = { $(assert!($crate::text::is_plain($text));)+ };

        impl $crate::text::Written for $name {
            fn text(&self) -> $crate::text::Text<'_> {
                $crate::text::Text::borrowed(self.as_str())
            }

            fn put_plain(&self, bytes: &mut Vec<u8>) -> bool {
                bytes.extend_from_slice(self.as_str().as_bytes());
                true
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    )*};
}

word_list! {
    /// What a partner id stands for (`partners.kind`).
    PartnerKind {
        /// A partner location: the id that accounts are linked to.
        Location = "location",
        /// A partner company; never linked to.
        Global = "global",
    }
    /// What an environment is for (`environments.kind`).
    EnvironmentKind {
        /// A customer's production environment.
        Production = "production",
        /// The tenant's default environment, a special production environment.
        Default = "default",
        /// For tests.
        Sandbox = "sandbox",
        /// Of one developer.
        Developer = "developer",
        /// Expires.
        Trial = "trial",
        /// Of a team in Teams.
        Teams = "teams",
    }
    /// What a principal is (`principals.kind`).
    PrincipalKind {
        /// A person of the tenant.
        User = "user",
        /// A person of another tenant.
        Guest = "guest",
        /// An application registration.
        ServicePrincipal = "service_principal",
        /// An application that the platform signs in.
        ManagedIdentity = "managed_identity",
        /// Stands for its members.
        Group = "group",
        /// The platform itself.
        System = "system",
    }
    /// What an ownership event says (`ownership.kind`).
    OwnershipKind {
        /// The resource was made.
        Created = "created",
        /// The resource was given to an owner.
        OwnerSet = "owner_set",
        /// A co-owner was added.
        CoOwnerAdded = "co_owner_added",
        /// A co-owner was removed.
        CoOwnerRemoved = "co_owner_removed",
        /// The dataset was published.
        Published = "published",
    }
    /// What an inventory listed somebody as (`listings.role`).
    ListingRole {
        /// Co-owner of a canvas app.
        CoOwner = "co_owner",
        /// Owner, or the creator that inventories give for flows and model-driven apps.
        Owner = "owner",
        /// Publisher of a dataset.
        Publisher = "publisher",
    }
    /// How a solution import ended (`solution_imports.result`).
    ImportResult {
        /// Applied.
        Succeeded = "succeeded",
        /// Not applied.
        Failed = "failed",
        /// Stopped.
        Cancelled = "cancelled",
        /// Staged; applying it later is an import of its own.
        Holding = "holding",
    }
    /// What an activity was (`activity.kind`).
    ActivityKind {
        /// Somebody used the resource.
        Use = "use",
        /// Somebody created, edited, saved, published or shared it.
        Make = "make",
    }
    /// What an alias stands for (`aliases.kind`).
    AliasKind {
        /// A principal of the alias's tenant.
        Principal = "principal",
        /// A resource.
        Resource = "resource",
        /// An environment.
        Environment = "environment",
    }
    /// How a link came to be known (`links.known_from`).
    KnownFrom {
        /// Read from the real service.
        Microsoft = "microsoft",
        /// Told by somebody.
        Declared = "declared",
        /// Made on this server.
        ThisServer = "this_server",
    }
    /// How sure the actors of an activity source are (`coverage.actor_basis`).
    ActorBasis {
        /// The source names who acted.
        Observed = "observed",
        /// The source names the owner in place of who acted.
        OwnerProxy = "owner_proxy",
        /// The source counts runs without a person.
        RunsOnly = "runs_only",
    }
    /// Through what a principal claims a resource, in the order of precedence (`attribution.md` §3).
    Basis {
        /// Holder by solution import.
        Importer = "importer",
        /// Holder of a canvas app.
        Owner = "owner",
        /// Holder of a model-driven app or a flow.
        Creator = "creator",
        /// Published the dataset.
        Publisher = "publisher",
        /// Co-owner of a canvas app.
        CoOwner = "co_owner",
        /// Active on the Customer Insights instance.
        ActiveUser = "active_user",
    }
    /// Why a line is credited to nobody, nearest to credit first (`attribution.md` §4).
    Reason {
        /// Linked, but the identity is disabled.
        IdentityDisabled = "identity_disabled",
        /// Linked, but the partner id is not active.
        PartnerInactive = "partner_inactive",
        /// Was linked, no longer is.
        LinkRemoved = "link_removed",
        /// Was never linked.
        NotLinked = "not_linked",
        /// Only the platform itself claims it.
        SystemOwned = "system_owned",
        /// Nobody claims it.
        NoAttributedUser = "no_attributed_user",
    }
    /// Why a credited line does not count for a program, first that applies (`attribution.md` §6).
    IneligibleReason {
        /// The tenant is the partner company's own.
        OwnTenant = "own_tenant",
        /// The environment is not known.
        EnvironmentUnknown = "environment_unknown",
        /// The environment is neither production nor default.
        NotProduction = "not_production",
    }
    /// What is counted (`attribution.md` §5).
    Metric {
        /// Monthly active users.
        MonthlyActiveUsers = "mau",
        /// Unified profiles.
        UnifiedProfiles = "unified_profiles",
    }
    /// Products grouped as programs count them.
    Workload {
        /// Model-driven and canvas apps.
        PowerApps = "power_apps",
        /// Flows.
        PowerAutomate = "power_automate",
        /// Datasets.
        PowerBi = "power_bi",
        /// Customer Insights instances.
        CustomerInsights = "customer_insights",
    }
}

/// The product of a resource: one of the page's five, or any other, which is out of scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Product {
    /// A canvas app.
    PowerAppsCanvas,
    /// A model-driven app.
    PowerAppsModelDriven,
    /// A cloud flow.
    PowerAutomate,
    /// A semantic model (dataset).
    PowerBi,
    /// An instance.
    CustomerInsights,
    /// Kept in the inventory, never in a statement.
    OutOfScope(Arc<str>),
}

impl Product {
    /// Reads a product; any text is one.
    pub fn new(text: &str) -> Self {
        match text {
            "power_apps_canvas" => Self::PowerAppsCanvas,
            "power_apps_model_driven" => Self::PowerAppsModelDriven,
            "power_automate" => Self::PowerAutomate,
            "power_bi" => Self::PowerBi,
            "customer_insights" => Self::CustomerInsights,
            other => Self::OutOfScope(Arc::from(other)),
        }
    }

    /// The product as it stands in files.
    pub fn as_str(&self) -> &str {
        match self {
            Self::PowerAppsCanvas => "power_apps_canvas",
            Self::PowerAppsModelDriven => "power_apps_model_driven",
            Self::PowerAutomate => "power_automate",
            Self::PowerBi => "power_bi",
            Self::CustomerInsights => "customer_insights",
            Self::OutOfScope(other) => other,
        }
    }

    /// The workload that the product belongs to; `None` out of scope.
    pub fn workload(&self) -> Option<Workload> {
        match self {
            Self::PowerAppsCanvas | Self::PowerAppsModelDriven => Some(Workload::PowerApps),
            Self::PowerAutomate => Some(Workload::PowerAutomate),
            Self::PowerBi => Some(Workload::PowerBi),
            Self::CustomerInsights => Some(Workload::CustomerInsights),
            Self::OutOfScope(_) => None,
        }
    }

    /// What is counted for the product.
    pub fn metric(&self) -> Metric {
        match self {
            Self::CustomerInsights => Metric::UnifiedProfiles,
            _ => Metric::MonthlyActiveUsers,
        }
    }

    /// Whether solutions carry resources of this product.
    pub fn goes_into_solutions(&self) -> bool {
        !matches!(self, Self::PowerBi | Self::CustomerInsights)
    }
}

impl Ord for Product {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl PartialOrd for Product {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Written for Product {
    fn text(&self) -> Text<'_> {
        Text::borrowed(self.as_str())
    }

    fn put_plain(&self, bytes: &mut Vec<u8>) -> bool {
        let is_known = !matches!(self, Self::OutOfScope(_));
        if is_known {
            bytes.extend_from_slice(self.as_str().as_bytes());
        }
        is_known
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
