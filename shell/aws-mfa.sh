# mfa-env for dash, ksh, mksh and busybox. In the file that $ENV names:   eval "$(mfa-env init sh)"

# Signs this shell in:   aws-mfa PROFILE [CODE]   aws-mfa CODE   aws-mfa unset
# What export and unset print is evaluated; every other command of mfa-env runs as it is.
# These shells allow no hyphen in the name of a function, so aws-mfa is an alias.
aws_mfa() {
  # Neither `set -x` nor `set -v` may show what is evaluated.
  case $- in
  (*x*) { set +x; } 2>/dev/null; aws_mfa "$@"; set -- "$?"; set -x; return "$1" ;;
  (*v*) { set +v; } 2>/dev/null; aws_mfa "$@"; set -- "$?"; set -v; return "$1" ;;
  esac
  case ${1-} in
  (MFA_ENV_PRINTING_COMMANDS|-h|--help|-V|--version)
    command mfa-env "$@" ;;
  (unset)
    shift
    eval "$(command mfa-env unset --shell sh "$@" || printf '\n(exit %s)' "$?")" ;;
  (export)
    shift
    eval "$(command mfa-env export --shell sh "$@" || printf '\n(exit %s)' "$?")" ;;
  (*)
    # Killed, a program prints nothing, and evaluating nothing succeeds; so its status is evaluated too.
    eval "$(command mfa-env export --shell sh "$@" || printf '\n(exit %s)' "$?")" ;;
  esac
}
alias aws-mfa=aws_mfa
