\_mfa_env_stays() {
  # mfa-env for zsh. In ~/.zshrc, after compinit:   eval "$(mfa-env init zsh)"
  #
  # No comment comes before the first command: without the quotes, all lines are one, which must not be a comment.

  # Whether the variables stay in a shell that goes on: not in `eval $(aws-mfa prod)` or `aws-mfa prod | tee log`. There,
  # stdout is not that of the shell itself.
  if [[ -e /proc/$$/fd/1 ]]; then
    [[ /dev/fd/1 -ef /proc/$$/fd/1 ]] && \builtin \return
    [[ ! -e /dev/fd/1 ]] && \builtin \return
  else
    [[ $ZSH_SUBSHELL == 0 || ! -p /dev/fd/1 ]] && \builtin \return
  fi
  \builtin \echo 'mfa-env: no sign-in here, because it would be lost: this is a subshell' >&2
  \builtin \echo '  run aws-mfa on its own, or:   eval "$(mfa-env PROFILE)"' >&2
  # It makes an `eval` fail.
  [[ -t 1 ]] || \builtin \echo '(exit 2) </dev/null && </dev/null/.'
  \builtin \return 2
}

# An alias with this name would hide the function; the first run tells about it.
case $(\builtin \alias aws-mfa 2>/dev/null) in
(*=*) _mfa_env_alias=$(\builtin \alias aws-mfa); \builtin \unalias aws-mfa ;;
esac

# Sign in to AWS:   aws-mfa PROFILE [CODE]   aws-mfa CODE   aws-mfa unset
# The output of export and unset is evaluated; every other command of mfa-env runs unchanged, and so do help and other
# formats. A backslash gets past aliases of the user, and `builtin` past functions.
\aws-mfa() {
  # Keep the session out of `set -x`, `set -v` and DEBUG traps.
  {
    \builtin \setopt local_options local_traps no_xtrace no_verbose
    \builtin \trap - DEBUG
  } 2>/dev/null
  if ((${+functions[builtin]})); then
    (\unfunction builtin; \builtin \echo 'mfa-env: no sign-in while builtin is a function' >&2)
    [[ -n '' ]]
  else
    \builtin : && \_mfa_env_run "$@"
  fi
}

\_mfa_env_run() {
  if ((${+_mfa_env_alias})); then
    \builtin \echo -E "mfa-env: aws-mfa is a function now; this alias was removed: $_mfa_env_alias" >&2
    \builtin \unset _mfa_env_alias
  fi
  if \_mfa_env_unchanged "$@"; then
    case ${1-} in (doctor) \builtin \set -- doctor --function=MFA_ENV_VERSION "${@:2}" ;; esac
    \builtin \command mfa-env "$@"
    \builtin \return
  fi
  \_mfa_env_stays || \builtin \return
  (\_mfa_env_outlasts "$@") || \builtin \return
  case ${1-} in
  (export|unset) ;;
  (*) \builtin \set -- export "$@" ;;
  esac
  # The last line is the status, because a killed program prints nothing, and evaluating nothing succeeds.
  \builtin \set -- "$(\builtin \command mfa-env "$1" --shell zsh "${@:2}" && \builtin \echo 0 || \builtin \echo $?)"
  case $1 in
  (*'</dev/null'*$'\n0') \builtin \eval "${1%??}" ;;
  (0|*$'\n0') \builtin \echo 'mfa-env: not signed in: the output cannot be evaluated' >&2; \builtin \return 1 ;;
  (*) \builtin \return "${1##*$'\n'}" ;;
  esac
}

# Whether the session outlasts this command: after `AWS_PROFILE=prod aws-mfa`, zsh restores the variable. It tells no
# function that it will, so this looks at the text of the command and of the functions that it runs in. It is for a
# subshell, because it loads zsh/parameter.
\_mfa_env_outlasts() {
  \builtin \emulate -L zsh
  \builtin \local text word name
  \builtin \local -a set texts lines
  texts=("${ZSH_EXECUTION_STRING-}" "${history[${HISTCMD:-0}]-}")
  for name in $funcstack; do texts+=("${functions[$name]-}"); done
  for name in $funcfiletrace; do
    [[ -f ${name%:*} && -r ${name%:*} ]] || \builtin \continue
    lines=("${(@f)$(<${name%:*})}")
    texts+=("${lines[${name##*:}]-}")
  done
  while ((${#texts})); do
    text=${texts[1]}
    \builtin \shift texts
    [[ $text == *AWS* || $text == *MFA_ENV* ]] || \builtin \continue
    set=(';')
    for word in ${(z)text}; do
      case $word in
      (\;|\&\&|\|\||\||\&|\{|\(|\!|then|do|else|if|elif|while|until|time) set=(';') ;;
      # Variables that a session sets or clears. Others, such as MFA_ENV_ECHO, may last only as long as the command.
      (AWS_ACC*=*|AWS_SE*=*|AWS_CREDENTIAL_*=*|AWS_CONTAINER_*=*|AWS_WEB_*=*|AWS_ROLE_*=*|AWS_*PROFILE=*|AWS_*REGION=*|\
        AWS_ENDPOINT_URL*=*|AWS_USE_*=*|AWS_CA_BUNDLE=*|AWS_STS_*=*|AWS_IGNORE_*=*|AWS_VAULT=*|AWSU*=*|\
        MFA_ENV_PROFILE=*|MFA_ENV_OPTIONS=*|MFA_ENV_BEFORE=*)
        [[ -z $set ]] || set+=("$word") ;;
      # Those of a view.
      (AWS_CONFIG_FILE=*|AWS_SHARED_CREDENTIALS_FILE=*)
        [[ " ${(j: :)@} " != *' --all '* && ${MFA_ENV_BEFORE-} != *,AWS_CONFIG_FILE=* || -z $set ]] || set+=("$word") ;;
      ([A-Za-z_]*=*) ;;
      (*)
        # The argument of an `eval` is text as well.
        if [[ ${(Q)word} != "$word" && $word == *' '* ]]; then texts+=("${(Q)word}"); fi
        word=${(Q)word}
        if [[ " $funcstack " == *" $word "* || ${aliases[$word]-} == *aws-mfa* ]]; then
          for name in ${set:1}; do
            if [[ $name == *[\$\`]* || ${(P)${name%%=*}-} == "${(Q)name#*=}" ]]; then
              \_mfa_env_restored "${name%%=*}" "$@"
              \builtin \return 2
            fi
          done
        fi
        set=() ;;
      esac
    done
  done
}

\_mfa_env_restored() {
  \builtin \emulate -L zsh
  \builtin \local name=$1 word profile=${AWS_PROFILE-}
  \builtin \shift
  for word in "$@"; do
    case $word in
    (-*|[0-9][0-9][0-9][0-9][0-9][0-9]) ;;
    (*) profile='' ;;
    esac
  done
  \builtin \echo -E "mfa-env: no sign-in here, because zsh would restore $name after this command" >&2
  [[ $name == *REGION ]] && name=${(P)name} || name=''
  \builtin \echo -E "  run only: aws-mfa${profile:+ ${(q-)profile}}${@:+ ${(j: :)${(q-)@}}}${name:+ -r ${(q-)name}}" >&2
}

# Whether the output of `mfa-env "$@"` is for people or for other programs.
\_mfa_env_unchanged() {
  case ${1-} in (MFA_ENV_PRINTING_COMMANDS) \builtin \return 0 ;; esac
  while [[ $# -gt 0 && $1 != -- ]]; do
    case $1 in
    (--format) [[ ${2-} == statements ]] || \builtin \return 0 ;;
    (--format=statements) ;;
    (-h*|-qh*|--help|-V*|-qV*|--version|-s*|-qs*|--shell|--shell=*|--show|--format=*) \builtin \return 0 ;;
    esac
    \builtin \shift
  done
  \builtin \return 1
}

# Messages name the function if the user has named it.
case 'MFA_ENV_OTHER_NAME' in
('') \builtin \unset MFA_ENV_FUNCTION ;;
(*) \builtin \export MFA_ENV_FUNCTION=MFA_ENV_OTHER_NAME ;;
esac

_mfa_env_complete() {
  local -a lines names shown
  lines=("${(@f)$(command mfa-env __complete --describe "$((CURRENT - 1))" "${(@Q)words[1,CURRENT-1]}" "$PREFIX" \
    2>/dev/null)}")
  names=("${(@)lines%%$'\t'*}") shown=("${(@)lines/$'\t'/  -- }")
  [[ -n $lines ]] && compadd -l -d shown -- $names
}
((!${+functions[compdef]})) || compdef _mfa_env_complete mfa-env aws-mfa
