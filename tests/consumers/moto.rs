//! A sign-in at moto, an STS that was written by others.

#![cfg(unix)]

use crate::support::consumers::{self, Moto};
use crate::support::home::Home;

consumer_trials![signs_in_at_moto];

fn signs_in_at_moto() {
    let moto = Moto::start();
    let policy = "{\"Version\":\"2012-10-17\",\"Statement\":[]}";
    moto.aws(&format!("iam create-role --role-name admin --assume-role-policy-document '{policy}'"));
    let mut home = Home::with(
        "[profile main]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
         [profile prod]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = main\nregion = eu-west-1\n",
        "[main]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = any\n",
    );
    home.set("AWS_ENDPOINT_URL", &moto.url).set("PATH", crate::support::program::path_with_program());
    let aws = consumers::installed("bin/aws").display().to_string();
    let who = format!("'{aws}' sts get-caller-identity --query Arn --output text");
    for line in [
        format!("eval \"$(mfa-env prod 123456 -q --no-preflight)\" && {who}"),
        format!("mfa-env exec prod -- {who}"),
        format!("mfa-env exec prod --renew -c 654321 --no-preflight -- {who}"),
    ] {
        let outcome = consumers::run(&home, &line);
        let arn = String::from_utf8_lossy(&outcome.stdout).into_owned();
        assert!(arn.starts_with("arn:aws:sts::123456789012:assumed-role/admin/"), "{line}: {outcome}");
    }
}
