//! What can be said of links: `pal link` and `pal managementpartner`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::value::partner_id;

/// Link the account that signs in to a partner, at Microsoft or at a server of your own, and check that it is
#[derive(Debug, Args)]
pub(crate) struct Link {
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(subcommand)]
    pub(crate) verb: LinkVerb,
}

/// What is done with a link.
#[derive(Debug, Subcommand)]
pub(crate) enum LinkVerb {
    /// Link the account to a partner; linked to it already is fine, linked to another is exit 5
    #[command(
        after_help = "Example:\n  pal link create --partner-id 6000110 --device-code --tenant contoso.example"
    )]
    Create {
        #[command(flatten)]
        partner: PartnerId,
        #[command(flatten)]
        record: Record,
    },
    /// Show the account's link; exit 3 if there is none
    #[command(after_help = "Example:\n  pal link show --az")]
    Show {
        /// Show it only if it is to this partner
        #[arg(long, value_name = "ID", value_parser = partner_id)]
        partner_id: Option<String>,
        #[command(flatten)]
        record: Record,
    },
    /// Link the account to another partner; exit 3 if it is not linked
    #[command(after_help = "Example:\n  pal link update --partner-id 6000120 --az")]
    Update {
        #[command(flatten)]
        partner: PartnerId,
        #[command(flatten)]
        record: Record,
    },
    /// Remove the account's link to a partner; exit 5 if it is to another, 0 if there is none
    #[command(after_help = "Example:\n  pal link delete --partner-id 6000110 --az")]
    Delete {
        #[command(flatten)]
        partner: PartnerId,
        #[command(flatten)]
        record: Record,
    },
    /// List the links of a server of your own, or those that the data folder has seen
    #[command(
        after_help = "Example:\n  pal link list --endpoint https://127.0.0.1:8443 --ca-file pal-data/tls/ca.pem --device-code"
    )]
    List {
        /// Only links of this tenant
        #[arg(long, value_name = "ID")]
        tenant_id: Option<String>,
        /// Only links to this partner
        #[arg(long, value_name = "ID", value_parser = partner_id)]
        partner_id: Option<String>,
        /// Only links with this text in an id or in the partner's name
        #[arg(long, value_name = "TEXT")]
        text: Option<String>,
        /// List what the data folder's workspace knows, and from where; asks nobody
        #[arg(long)]
        recorded: bool,
    },
    /// Show every change of a link on a server of your own; the account's own link if none is named
    #[command(after_help = "Example:\n  pal link history --endpoint https://127.0.0.1:8443 --device-code")]
    History {
        /// Tenant of the account
        #[arg(long, value_name = "ID", requires = "object_id")]
        tenant_id: Option<String>,
        /// The account
        #[arg(long, value_name = "ID", requires = "tenant_id")]
        object_id: Option<String>,
        #[command(flatten)]
        record: Record,
    },
    /// Verify that the account is linked: to whom, and where that is known; exit 3 if it is not
    #[command(after_help = "Example:\n  pal link verify --expect 6000110 --az")]
    Verify {
        /// The partner that it must be linked to: exit 0 if it is, 3 if not linked, 5 if linked to another, 4 if
        /// nobody can be signed in
        #[arg(long, value_name = "ID", value_parser = partner_id)]
        expect: Option<String>,
        #[command(flatten)]
        record: Record,
    },
}

impl LinkVerb {
    /// Whether what is seen is kept.
    pub(crate) fn record(&self) -> bool {
        match self {
            Self::Create { record, .. }
            | Self::Show { record, .. }
            | Self::Update { record, .. }
            | Self::Delete { record, .. }
            | Self::History { record, .. }
            | Self::Verify { record, .. } => record.record,
            Self::List { .. } => false,
        }
    }
}

/// The partner.
#[derive(Debug, Args)]
pub(crate) struct PartnerId {
    /// Location id of the partner, 1 to 10 digits
    #[arg(long, value_name = "ID", value_parser = partner_id)]
    pub(crate) partner_id: String,
}

/// Whether what was seen is kept.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Record {
    /// Keep what was seen as `links` facts in the data folder's workspace
    #[arg(long)]
    pub(crate) record: bool,
}

/// The same as the Azure CLI's `az managementpartner`: its words, its JSON
#[derive(Debug, Args)]
pub(crate) struct ManagementPartner {
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(subcommand)]
    pub(crate) verb: ManagementPartnerVerb,
}

/// What `az managementpartner` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum ManagementPartnerVerb {
    /// Link the account to a partner
    #[command(after_help = "Example:\n  pal managementpartner create --partner-id 6000110 --az")]
    Create {
        /// Partner id
        #[arg(long, value_name = "ID")]
        partner_id: String,
    },
    /// Show the account's link
    #[command(after_help = "Example:\n  pal managementpartner show --az")]
    Show {
        /// Partner id
        #[arg(long, value_name = "ID")]
        partner_id: Option<String>,
    },
    /// Link the account to another partner
    #[command(after_help = "Example:\n  pal managementpartner update --partner-id 6000120 --az")]
    Update {
        /// Partner id
        #[arg(long, value_name = "ID")]
        partner_id: String,
    },
    /// Remove the account's link
    #[command(after_help = "Example:\n  pal managementpartner delete --partner-id 6000120 --az")]
    Delete {
        /// Partner id
        #[arg(long, value_name = "ID")]
        partner_id: String,
    },
}

/// Whom to ask, and as whom.
#[derive(Clone, Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Connection {
    /// Whom to ask [env: `PAL_ENDPOINT`] [default: `https://management.azure.com`]
    #[arg(long, global = true, value_name = "URL", help_heading = ENDPOINT)]
    pub(crate) endpoint: Option<String>,
    /// Where to sign in, if not where the endpoint says [env: `PAL_AUTHORITY_HOST`]
    #[arg(long, global = true, value_name = "URL", help_heading = ENDPOINT)]
    pub(crate) authority_host: Option<String>,
    /// What the token is for, if not what the endpoint says
    #[arg(long, global = true, value_name = "URI", help_heading = ENDPOINT)]
    pub(crate) audience: Option<String>,
    /// Certificates to trust beside the machine's (PEM) [env: `PAL_CA_FILE`]
    #[arg(long, global = true, value_name = "FILE", help_heading = ENDPOINT)]
    pub(crate) ca_file: Option<PathBuf>,
    /// Show every request and answer on stderr, without tokens and secrets
    #[arg(long, global = true, help_heading = ENDPOINT)]
    pub(crate) debug: bool,
    /// Tenant to sign in to: id or domain [env: `AZURE_TENANT_ID`]
    #[arg(long, global = true, value_name = "TENANT", help_heading = SIGN_IN)]
    pub(crate) tenant: Option<String>,
    /// App to sign in as [env: `AZURE_CLIENT_ID`]
    #[arg(long, global = true, value_name = "ID", help_heading = SIGN_IN)]
    pub(crate) client_id: Option<String>,
    /// The app's secret, in a file; `-` reads stdin [env: `AZURE_CLIENT_SECRET` or `PAL_CLIENT_SECRET` hold it]
    #[arg(long, global = true, value_name = "FILE", help_heading = SIGN_IN)]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// The app's certificate and RSA key, in one PEM file
    #[arg(long, global = true, value_name = "FILE", help_heading = SIGN_IN)]
    pub(crate) certificate: Option<PathBuf>,
    /// A token of an issuer that the app trusts, in a file [env: `AZURE_FEDERATED_TOKEN_FILE` names it]
    #[arg(long, global = true, value_name = "FILE", help_heading = SIGN_IN)]
    pub(crate) federated_token_file: Option<PathBuf>,
    /// Sign in as the managed identity of this machine or service
    #[arg(long, global = true, help_heading = SIGN_IN)]
    pub(crate) managed_identity: bool,
    /// Sign in with a browser, here or elsewhere, by a code
    #[arg(long, global = true, help_heading = SIGN_IN)]
    pub(crate) device_code: bool,
    /// Sign in as whoever is signed in to the Azure CLI
    #[arg(long, global = true, help_heading = SIGN_IN)]
    pub(crate) az: bool,
    /// An access token, in a file
    #[arg(long, global = true, value_name = "FILE", help_heading = SIGN_IN)]
    pub(crate) token_file: Option<PathBuf>,
    /// An access token, on stdin
    #[arg(long, global = true, help_heading = SIGN_IN)]
    pub(crate) token_stdin: bool,
}

const ENDPOINT: &str = "Endpoint options";
const SIGN_IN: &str = "Sign-in options (none: what the environment offers, told on stderr)";
