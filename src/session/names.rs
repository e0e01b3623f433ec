//! The names of the files in the cache directory: 64 hexadecimal digits and a suffix. The directory may hold other
//! people's files, so nothing with another name is ever read, swept or removed.

/// Of a session's entry.
pub(super) const SESSION: &str = ".json";
/// Of a device's used codes.
pub(super) const USED_CODES: &str = ".used";
/// Of the token of a credentials endpoint.
pub(super) const TOKEN: &str = ".token";
/// Of the user of an access key.
pub(super) const USER: &str = ".user";
/// Of what is known about the age of the MFA sessions that a role accepts.
pub(super) const MFA_AGE: &str = ".mfa-age";
/// Of the MFA device of the user of an access key, as IAM lists it.
pub(super) const DEVICE: &str = ".device";
/// Of what is known about an access key.
pub(super) const ACCESS_KEY: &str = ".access-key";
/// Of the two files of a view.
pub(super) const VIEW: [&str; 2] = [".config", ".credentials"];
/// Of a lock.
pub(super) const LOCK: &str = ".lock";

/// Whether this is the name of one of our files with this suffix.
pub(super) fn is_own(name: &str, suffix: &str) -> bool {
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    name.strip_suffix(suffix).is_some_and(|digest| digest.len() == 64 && digest.bytes().all(is_digit))
}

/// The id of the process that writes this temporary file; `None` if it is not one of ours.
pub(super) fn writer_of_temporary(name: &str) -> Option<u32> {
    let (target, pid) = name.strip_prefix('.')?.rsplit_once('.')?;
    let mut suffixes = [SESSION, USED_CODES, TOKEN, USER, MFA_AGE, DEVICE, ACCESS_KEY].into_iter().chain(VIEW);
    let is_ours = suffixes.any(|suffix| is_own(target, suffix));
    if is_ours { pid.parse().ok() } else { None }
}
