//! `mfa-env console PROFILE`: a link that opens the AWS console with the role of a profile.

use super::outcome::Outcome;
use super::program;
use super::request;
use super::summary::sign_in_line;
use crate::cli::{ProfileAndCode, SignInArgs};
use crate::context::Context;
use crate::credentials::Secret;
use crate::error::{ConsoleError, Result, UsageError};
use crate::federation::{self, sign_in_token};
use crate::plan::{ConsoleLink, Plan, ServiceName};
use crate::platform;
use crate::printable::printable;
use crate::profile::{AwsFiles, Chain, ProfileName};
use crate::server::{Port, Redirect};
use crate::sign_in::{own_foreground, plan_without_lookup, read_aws_files, sign_in};
use clap::Args;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env console prod                   print a link, which is valid for 15 min
  mfa-env console prod --open            open it in your browser
  mfa-env console prod --open --service s3 --sign-out";

/// How long the browser may take to open.
const BROWSER_TIMEOUT: Duration = Duration::from_mins(1);
/// How often to look whether the opener has failed.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// Open the AWS console.
#[derive(Args, Debug)]
pub(super) struct ConsoleArgs {
    #[command(flatten)]
    words: ProfileAndCode,
    /// Open the link in your browser instead of printing it
    #[arg(long)]
    open: bool,
    /// Service to show, by its name in the AWS CLI, such as s3
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Sign the browser out of the console first
    #[arg(long)]
    sign_out: bool,
    #[command(flatten)]
    sign_in: SignInArgs,
}

pub(super) fn run(args: ConsoleArgs, context: &Context) -> Result<Outcome> {
    let service = args.service.map(|name| ServiceName::parse(&name).ok_or(UsageError::NotAService { name }));
    let service = service.transpose()?;
    let request = request::from_arguments(args.words.first, args.words.second, &args.sign_in, &context.variables)?;
    // What can be refused is refused before a code is asked for.
    let texts = read_aws_files(&context.variables, &context.warnings)?;
    let files = AwsFiles::index(&texts);
    let cache = request.options.cache(context);
    let plan = plan_without_lookup(&files, &request, &cache, context, &context.warnings)?;
    let link = ConsoleLink::of(&plan, service.as_ref(), &context.variables)?;
    if !plan.has_role() {
        return Err(ConsoleError::NoRole { profile: plan.profile.to_string(), roles: roles_of(&plan, &files) }.into());
    }
    // The sign-in warns about the same.
    context.warnings.take();
    let page = if args.open { Some(Page::new(context)?) } else { None };

    let signed_in = sign_in(request, context)?;
    let _own_foreground = own_foreground(context);
    // A `.env` file from an untrusted source could send the session elsewhere.
    if let Some(origin) = &link.origin {
        let host = printable(federation::host(&link.federation)).to_string();
        context.report.notice(&format!("sending the session to {host} ({origin})"));
    }
    let waiting = |host: &str| context.report.notice(&format!("waiting for {}", printable(host)));
    let token = sign_in_token(&link, &signed_in.credentials, &signed_in.plan.endpoint, &context.network, waiting)?;
    let mut address = link.sign_in(&token);
    if args.sign_out {
        address = link.after_sign_out(&address);
    }
    context.show_warnings();
    context.report.result(&sign_in_line(&signed_in.session(), &[], context));
    match page {
        Some(page) => page.open(address, context).map(|()| Outcome::Exit(0)),
        None => {
            let mut text = Zeroizing::new(String::with_capacity(address.expose().len() + 1));
            text.push_str(address.expose());
            text.push('\n');
            Ok(Outcome::text(text))
        }
    }
}

/// The profiles whose role is assumed with the keys of this plan.
fn roles_of(plan: &Plan, files: &AwsFiles<'_>) -> Vec<String> {
    let keys = plan.chain.source.source.identity();
    let has_role = |name: &&str| {
        let chain = ProfileName::parse(name).ok().and_then(|name| Chain::walk(files, &name, None).ok());
        chain.is_some_and(|chain| !chain.roles.is_empty() && chain.source.source.identity() == keys)
    };
    files.names().into_iter().filter(has_role).map(str::to_owned).collect()
}

/// A page that is to be opened.
struct Page {
    port: Port,
    path: String,
    /// The programs that may open it, in the order in which to try them.
    openers: Vec<Command>,
}

impl Page {
    /// # Errors
    /// There is no program that can open it.
    fn new(context: &Context) -> Result<Self> {
        let mut path = [0; 16];
        getrandom::fill(&mut path).expect("the system has random numbers");
        let (port, path) = (Port::take(0)?, format!("/{}", hex::encode(path)));
        let address = format!("http://127.0.0.1:{}{path}", port.number());
        // As in other programs, the user's own choice comes first.
        let chosen =
            context.variables.text("BROWSER")?.and_then(|names| names.split(':').find(|name| !name.is_empty()));
        let chosen = chosen.map(|name| {
            let mut command = Command::new(name);
            command.arg(&address);
            command
        });
        let all: Vec<Command> = chosen.into_iter().chain(open::commands(&address)).collect();
        let names: Vec<_> = all.iter().map(|command| command.get_program().to_string_lossy().into_owned()).collect();
        let is_there = |command: &Command| program::find(command.get_program(), &context.variables).is_ok();
        let openers: Vec<Command> = all.into_iter().filter(is_there).collect();
        if openers.is_empty() {
            let problem = format!("cannot be opened: none of {} is installed", names.join(", "));
            return Err(ConsoleError::NotOpened { problem }.into());
        }
        Ok(Page { port, path, openers })
    }

    /// Opens the page, which leads to `address`, and waits until the browser is there.
    fn open(self, address: Secret, context: &Context) -> Result<()> {
        let visits = Redirect { path: self.path, to: address }.start(self.port, &context.network)?;
        context.report.notice("opening the console in your browser");
        let start = Instant::now();
        for opener in self.openers {
            if try_opener(opener, &visits, start)? {
                return Ok(());
            }
        }
        Err(ConsoleError::NotOpened { problem: "could not be opened".to_owned() }.into())
    }
}

/// Starts an opener. `false` if it fails before the browser was there.
fn try_opener(mut opener: Command, visits: &Receiver<()>, start: Instant) -> Result<bool> {
    opener.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // It may be the browser itself, which stays.
    platform::detach(&mut opener);
    let Ok(mut opener) = opener.spawn() else { return Ok(false) };
    loop {
        match visits.recv_timeout(LOOK_INTERVAL) {
            Ok(()) => return Ok(true),
            Err(RecvTimeoutError::Disconnected) => return Ok(false),
            Err(RecvTimeoutError::Timeout) => {}
        }
        // The status of Windows's explorer says nothing.
        if cfg!(unix) && opener.try_wait().is_ok_and(|status| status.is_some_and(|status| !status.success())) {
            return Ok(false);
        }
        if start.elapsed() > BROWSER_TIMEOUT {
            let problem = format!("did not open the link within {} s", BROWSER_TIMEOUT.as_secs());
            return Err(ConsoleError::NotOpened { problem }.into());
        }
    }
}
