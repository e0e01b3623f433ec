_mfa_env_stays() {
  # mfa-env for dash, ksh, mksh and busybox. In the file that $ENV names:   eval "$(mfa-env init sh)"
  #
  # No comment comes before the first command: without the quotes, all lines are one, which must not be a comment.

  # Whether the variables stay in a shell that goes on: not in `eval $(aws-mfa prod)`, `aws-mfa prod | tee log` or `… |
  # aws-mfa --code -`. There, stdout or stdin is not that of the shell itself.
  \[ -e "/proc/$$/fd/1" ] || \return 0
  # For a `$(…)`, mksh itself has the stdout of the subshell until it has started it.
  # shellcheck disable=SC3028 # mksh has BASHPID
  case "${KSH_VERSION-} ${BASHPID-$$}" in
  (@*" $$") ;;
  (@*) (\unset -f sleep; \sleep 0.2) ;;
  esac
  if \[ /dev/fd/1 -ef "/proc/$$/fd/1" ] && ! \_mfa_env_is_caught; then
    case " $* " in
    (*' -c - '*|*' -c- '*|*' --code - '*|*' --code=- '*) ;;
    (*) \return 0 ;;
    esac
    ! \[ /dev/fd/0 -ef "/proc/$$/fd/0" ] || \return 0
  fi
  (
    \unset -f echo
    \echo 'mfa-env: no sign-in here, because it would be lost: this is a subshell
  run aws-mfa on its own, or:   eval "$(mfa-env PROFILE)"' >&2
    # It makes an `eval` fail.
    \[ -t 1 ] || \echo '(exit 2) </dev/null && </dev/null/.'
  )
  \return 2
}

# Whether ksh runs this in a `$(…)`: it does so without a process, and redirects other programs to a file of its own.
_mfa_env_is_caught() {
  case ${KSH_VERSION-} in
  (Version*) \command -p sh -c 'case $(readlink "/proc/$$/fd/1") in (*/sf*"(deleted)") ;; (*) exit 1 ;; esac' ;;
  (*) ! \: ;;
  esac
}

# An alias with one of these names would hide the function; the first run tells about it. A function name cannot contain
# a hyphen in these shells, so aws-mfa is an alias.
case $(\alias aws-mfa 2>/dev/null) in
(*=aws_mfa|*=\'aws_mfa\') ;;
(*=*) _mfa_env_alias=$(\alias aws-mfa) ;;
esac
\unalias aws_mfa 2>/dev/null || \:
\alias aws-mfa=aws_mfa

# Messages name the function if the user has named it.
# shellcheck disable=SC2194 # init replaces the word
case 'MFA_ENV_OTHER_NAME' in
('') \unset MFA_ENV_FUNCTION ;;
(*) \export MFA_ENV_FUNCTION=MFA_ENV_OTHER_NAME ;;
esac

# Sign in to AWS:   aws-mfa PROFILE [CODE]   aws-mfa CODE   aws-mfa unset
# The output of export and unset is evaluated; every other command of mfa-env runs unchanged, and so do help and other
# formats. A backslash gets past aliases of the user.
aws_mfa() {
  # Keep the session out of `set -x` and `set -v`.
  case $- in
  (*x*) { \set +x; } 2>/dev/null; \aws_mfa "$@"; \set -- "$?"; \set -x; \return "$1" ;;
  (*v*) { \set +v; } 2>/dev/null; \aws_mfa "$@"; \set -- "$?"; \set -v; \return "$1" ;;
  esac
  case ${_mfa_env_alias+x} in
  (x)
    (\unset -f echo; \echo "mfa-env: aws-mfa is a function now; this alias was replaced: $_mfa_env_alias" >&2)
    \unset _mfa_env_alias ;;
  esac
  if \_mfa_env_unchanged "$@"; then
    (
      case ${KSH_VERSION-} in (@*) \unset -f mfa-env ;; esac # only mksh allows such a function
      case ${1-} in (doctor) \shift; \set -- doctor --function=MFA_ENV_VERSION "$@" ;; esac
      \mfa-env "$@"
    )
    \return
  fi
  \_mfa_env_stays "$@" || \return
  case ${1-} in
  (export|unset) ;;
  (*) \set -- export "$@" ;;
  esac
  # The last line is the status, because a killed program prints nothing, and evaluating nothing succeeds.
  \set -- "$(
    \unset -f echo
    case ${KSH_VERSION-} in (@*) \unset -f mfa-env ;; esac
    command=$1
    \shift
    \mfa-env "$command" --shell sh "$@" && \echo 0 || \echo "$?"
  )"
  case $1 in
  (*'</dev/null'*'
0') \eval "${1%??}" ;;
  (0|*'
0') (\unset -f echo; \echo 'mfa-env: not signed in: the output cannot be evaluated' >&2); \return 1 ;;
  (*) \return "${1##*'
'}" ;;
  esac
}

# Whether the output of `mfa-env "$@"` is for people or for other programs.
_mfa_env_unchanged() {
  case ${1-} in (MFA_ENV_PRINTING_COMMANDS) \return 0 ;; esac
  until case ${1---} in (--) ;; (*) ! \: ;; esac; do
    case $1 in
    (--format) case ${2-} in (statements) ;; (*) \return 0 ;; esac ;;
    (--format=statements) ;;
    (-h*|-qh*|--help|-V*|-qV*|--version|-s*|-qs*|--shell|--shell=*|--show|--format=*) \return 0 ;;
    esac
    \shift
  done
  \return 1
}
