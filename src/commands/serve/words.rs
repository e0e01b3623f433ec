//! What `serve` says about its endpoint.

use crate::printable::{printable, printable_path};
use crate::profile::ProfileName;
use crate::sign_in::SignedIn;
use std::path::Path;

/// The line that says where the endpoint is, and the variables for programs in other terminals.
pub(super) fn started(profile: &ProfileName, url: &str, token_file: &Path) -> String {
    let path = printable(&token_file.to_string_lossy()).to_string();
    format!(
        "mfa-env: serving {} until Ctrl-C; programs in other terminals need these variables:\n  \
         AWS_CONTAINER_CREDENTIALS_FULL_URI={url}\n  \
         AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE={path}\n",
        printable(profile.as_str())
    )
}

/// The lines for another machine that is reached with ssh. The token is read there without echo, so that it is in no
/// history and in nobody's list of processes.
pub(super) fn lines_for_remote(port: u16, url: &str, token_file: &Path, signed_in: &SignedIn) -> String {
    let region = signed_in.plan.region.as_ref();
    let region = region
        .map_or_else(String::new, |region| format!("export AWS_REGION={0} AWS_DEFAULT_REGION={0}\n", region.value));
    format!(
        "# here; HOST is the other machine:\n\
         ssh -o ExitOnForwardFailure=yes -R 127.0.0.1:{port}:127.0.0.1:{port} HOST\n\
         # there; the token to paste is in {}, here:\n\
         unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE AWS_DEFAULT_PROFILE\n\
         unset AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE\n\
         export AWS_CONTAINER_CREDENTIALS_FULL_URI={url}\n\
         {region}\
         stty -echo; IFS= read -r AWS_CONTAINER_AUTHORIZATION_TOKEN; stty echo\n\
         export AWS_CONTAINER_AUTHORIZATION_TOKEN\n",
        printable_path(token_file)
    )
}
