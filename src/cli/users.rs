//! `emberwatch users`: accounts and keys, for whoever runs the service.

use anyhow::{Context, bail};
use clap::Subcommand;

use super::Shell;
use crate::{
    api::password,
    clock::{Clock, SystemClock, new_id},
    domain::{
        ids::{ApiKeyId, AreaId, SourceId, UserId},
        scope::{Role, Scope, User},
    },
    store::{ApiKey, DynStore},
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  emberwatch users add kim@county.example --name \"Kim\" --role liaison --area me-penobscot"
)]
pub struct Args {
    #[command(subcommand)]
    what: What,
    /// Needed only where the database holds more than one.
    #[arg(long, global = true)]
    jurisdiction: Option<String>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add an account, or change one; prints a new password once.
    Add {
        login: String,
        #[arg(long)]
        name: Option<String>,
        /// liaison, public_health, analyst or admin.
        #[arg(long)]
        role: String,
        /// Areas the person serves; none means the whole jurisdiction.
        #[arg(long = "area")]
        areas: Vec<String>,
    },
    /// Shut an account; its sessions end at once.
    Disable { login: String },
    /// Who has an account.
    List,
    /// Make a key for a feed; printed once.
    AddKey {
        name: String,
        /// The one source the key may write to.
        #[arg(long)]
        source: String,
        /// Days until it expires.
        #[arg(long, default_value_t = 365)]
        days: i64,
    },
}

pub async fn run(args: Args, shell: &Shell) -> anyhow::Result<()> {
    let store = shell.open_store().await?;
    let jurisdiction = shell.jurisdiction(&store, args.jurisdiction.as_deref()).await?;
    let scope = Scope::system(jurisdiction.id, "users");
    match args.what {
        What::Add { login, name, role, areas } => add(shell, &store, &scope, login, name, &role, &areas).await,
        What::Disable { login } => {
            let Some((mut user, _)) = store.user_by_login(&login.to_lowercase()).await? else {
                bail!("nobody has the login \"{login}\"");
            };
            user.disabled = true;
            store.put_user(&user, None).await?;
            store.audit(&scope, "user.disabled", &user.login, SystemClock.now()).await?;
            shell.say(format_args!("{login} can no longer sign in."))
        }
        What::List => {
            for user in store.users(&scope).await? {
                let areas = user.catchment.iter().map(AreaId::as_str).collect::<Vec<_>>().join(" ");
                let state = if user.disabled { "disabled" } else { "active" };
                shell.say(format_args!("{}\t{}\t{}\t{state}\t{areas}", user.login, user.role, user.name))?;
            }
            Ok(())
        }
        What::AddKey { name, source, days } => {
            let source = SourceId::new(&source)?;
            if !(1..=3_650).contains(&days) {
                bail!("--days is {days}; expected 1 to 3650");
            }
            let secret = password::token("ew_");
            let key = ApiKey {
                id: ApiKeyId(new_id(&SystemClock)),
                jurisdiction: scope.jurisdiction.clone(),
                name,
                prefix: secret.chars().take(9).collect(),
                key_hash: password::token_hash(&secret),
                role: Role::Feed,
                source: Some(source),
                expires_at: SystemClock.now() + chrono::Duration::days(days),
                revoked: false,
            };
            store.put_api_key(&scope, &key).await?;
            store.audit(&scope, "key.added", &key.name, SystemClock.now()).await?;
            shell.say(format_args!("{secret}"))
        }
    }
}

async fn add(
    shell: &Shell,
    store: &DynStore,
    scope: &Scope,
    login: String,
    name: Option<String>,
    role: &str,
    areas: &[String],
) -> anyhow::Result<()> {
    let role = match Role::parse(role) {
        Some(Role::Feed) | None => {
            bail!("role \"{role}\" is not known; expected liaison, public_health, analyst or admin")
        }
        Some(role) => role,
    };
    let known = store.areas(scope).await?;
    let catchment = areas
        .iter()
        .map(|a| {
            let id = AreaId::new(a)?;
            known.iter().any(|k| k.id == id).then_some(id).with_context(|| {
                format!("area \"{a}\" is not loaded; load outlines with `emberwatch jurisdictions load`")
            })
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let login = login.to_lowercase();
    let id = match store.user_by_login(&login).await? {
        Some((user, _)) if user.jurisdiction != scope.jurisdiction => {
            bail!("the login \"{login}\" belongs to another jurisdiction")
        }
        Some((user, _)) => user.id,
        None => UserId(new_id(&SystemClock)),
    };
    let user = User {
        id,
        jurisdiction: scope.jurisdiction.clone(),
        name: name.unwrap_or_else(|| login.clone()),
        login,
        role,
        catchment,
        disabled: false,
    };
    let password = password::new_password();
    store.put_user(&user, Some(&password::hash_async(password.clone()).await?)).await?;
    store.audit(scope, "user.added", &user.login, SystemClock.now()).await?;
    shell.say(format_args!("{}\t{}\t{password}", user.login, user.role))
}
