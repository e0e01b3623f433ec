_mfa_env() {
  # mfa-env for bash 3.2 and later. In ~/.bashrc:   eval "$(mfa-env init bash)"
  #
  # No comment comes before the first command: without the quotes, all lines are one, which must not be a comment.
  #
  # Sign in to AWS:   aws-mfa PROFILE [CODE]   aws-mfa CODE   aws-mfa unset
  # The output of export and unset is evaluated; every other command of mfa-env runs unchanged, and so do help and other
  # formats. A backslash gets past aliases of the user, and `builtin` past functions.

  # Keep the session out of `set -x`, `set -v` and DEBUG traps.
  case $- in
  (*x*) { \builtin set +x; } 2>/dev/null; \_mfa_env "$@"; \builtin set -- "$?"; \builtin set -x; \builtin return "$1" ;;
  (*v*) { \builtin set +v; } 2>/dev/null; \_mfa_env "$@"; \builtin set -- "$?"; \builtin set -v; \builtin return "$1" ;;
  (*T*) \builtin set +T; \_mfa_env "$@"; \builtin set -- "$?"; \builtin set -T; \builtin return "$1" ;;
  esac
  # In POSIX mode, `export` takes precedence over functions, and `export -f` fails unless it names a function.
  if (POSIXLY_CORRECT=y && \export -f builtin 2>/dev/null && \unset -f builtin &&
    \builtin echo 'mfa-env: no sign-in while builtin is a function' >&2); then
    [[ $BASH_VERSION == '' ]]
  else
    \builtin : && \_mfa_env_run "$@"
  fi
}

_mfa_env_run() {
  if [[ ${_mfa_env_alias+x} ]]; then
    \builtin echo "mfa-env: aws-mfa is a function now; this alias was removed: $_mfa_env_alias" >&2
    \builtin unset _mfa_env_alias
  fi
  # The program may have moved since bash looked for it.
  \builtin hash -r 2>/dev/null || \builtin :
  if \_mfa_env_unchanged "$@"; then
    case ${1-} in (doctor) \builtin set -- doctor --function=MFA_ENV_VERSION "${@:2}" ;; esac
    \builtin command mfa-env "$@"
    \builtin return
  fi
  \_mfa_env_stays "$@" || \builtin return
  case ${1-} in
  (export|unset) ;;
  (*) \builtin set -- export "$@" ;;
  esac
  # The last line is the status, because a killed program prints nothing, and evaluating nothing succeeds.
  \builtin set -- "$(\builtin command mfa-env "$1" --shell bash "${@:2}" && \builtin echo 0 || \builtin echo "$?")"
  case $1 in
  (*'</dev/null'*$'\n0') \builtin eval "${1%??}" ;;
  (0|*$'\n0') \builtin echo 'mfa-env: not signed in: the output cannot be evaluated' >&2; \builtin return 1 ;;
  (*) \builtin return "${1##*$'\n'}" ;;
  esac
}

# Whether the output of `mfa-env "$@"` is for people or for other programs.
_mfa_env_unchanged() {
  case ${1-} in (MFA_ENV_PRINTING_COMMANDS) \builtin return ;; esac
  while [[ $# -gt 0 && $1 != -- ]]; do
    case $1 in
    (--format) [[ ${2-} == statements ]] || \builtin return 0 ;;
    (--format=statements) ;;
    (-h*|-qh*|--help|-V*|-qV*|--version|-s*|-qs*|--shell|--shell=*|--show|--format=*) \builtin return 0 ;;
    esac
    \builtin shift
  done
  \builtin return 1
}

# Whether the variables stay in a shell that goes on: not in `eval $(aws-mfa prod)`, `aws-mfa prod | tee log` or `… |
# aws-mfa --code -`. There, stdout or stdin is not that of the shell itself.
_mfa_env_stays() {
  if [[ -e /proc/$$/fd/1 ]]; then
    [[ /dev/fd/1 -ef /proc/$$/fd/1 ]] || { \_mfa_env_lost; \builtin return; }
    case " $* " in
    (*' -c - '*|*' -c- '*|*' --code - '*|*' --code=- '*)
      [[ /dev/fd/0 -ef /proc/$$/fd/0 ]] || \_mfa_env_lost ;;
    esac
  else
    [[ $BASH_SUBSHELL == 0 || ! -p /dev/fd/1 ]] || \_mfa_env_lost
  fi
}

_mfa_env_lost() {
  # shellcheck disable=SC2016 # the line is shown
  \builtin echo 'mfa-env: no sign-in here, because it would be lost: this is a subshell
  run aws-mfa on its own, or:   eval "$(mfa-env PROFILE)"' >&2
  # It makes an `eval` fail.
  [[ -t 1 ]] || \builtin echo '(exit 2) </dev/null && </dev/null/.'
  \builtin return 2
}

# An alias with this name would hide the function. In POSIX mode the name of a function cannot contain a hyphen.
case $(\builtin alias aws-mfa 2>/dev/null) in
(*=\'_mfa_env\') ;;
(*=*) _mfa_env_alias=$(\builtin alias aws-mfa) ;;
esac
\builtin unalias aws-mfa 2>/dev/null || \builtin :
if [[ -o posix ]]; then
  \builtin alias aws-mfa=_mfa_env
else
  aws-mfa() { \_mfa_env "$@"; }
fi

# Messages name the function if the user has named it.
# shellcheck disable=SC2194,SC2034 # init replaces the word; it is exported
case 'MFA_ENV_OTHER_NAME' in
('') \builtin unset MFA_ENV_FUNCTION ;;
(*) \builtin export MFA_ENV_FUNCTION=MFA_ENV_OTHER_NAME ;;
esac

# `compgen -W` would execute a $(…) in a profile name; reading line by line does not.
_mfa_env_complete() {
  local at=$COMP_CWORD current=${COMP_WORDS[COMP_CWORD]} breaks=$'\n' head='' word fits
  COMPREPLY=()
  # Profile names may contain : and =, which bash treats as word breaks: it replaces only the text after the last one.
  # `head` is the text before that; mfa-env needs it, and it is removed from the candidates below. Bash 3.2 leaves it
  # in the current word; later versions make it separate words.
  case $COMP_WORDBREAKS in *:*) breaks+=: ;; esac
  case $COMP_WORDBREAKS in *=*) breaks+='=' ;; esac
  case $current in
  [\'\"]*) ;;
  *["$breaks"]*) head=$current current=${current##*["$breaks"]} head=${head%"$current"} ;;
  esac
  while [ "$at" -gt 1 ] && case ${COMP_WORDS[at-1]}${COMP_WORDS[at]} in
    *["$breaks"]|*["$breaks"]"${COMP_WORDS[at]}"|"${COMP_WORDS[at-1]}"["$breaks"]*) ;;
    *) false ;;
  esac; do
    at=$((at - 1))
    head=${COMP_WORDS[at]}$head
  done
  local typed=$head$current
  while IFS= read -r word; do
    case $typed in
    \'*) fits=\'${word//\'/\'\\\'\'} ;;
    \"*) fits=${word//\\/\\\\} fits=${fits//\"/\\\"} fits=${fits//\$/\\\$} fits=\"${fits//\`/\\\`} ;;
    *) printf -v fits '%q' "$word" ;;
    esac
    case $fits in
    "$typed"*) ;;
    *) case $word in "$typed"*) ;; *) continue ;; esac ;;
    esac
    fits=${fits#"$head"}
    case $typed in [\'\"]*) fits=${fits#?} ;; esac
    COMPREPLY+=("$fits")
  done < <(command mfa-env __complete "$at" "${COMP_WORDS[@]:0:at}" "$typed" 2>/dev/null)
}
complete -F _mfa_env_complete mfa-env aws-mfa
