# mfa-env for fish. In ~/.config/fish/config.fish:   mfa-env init fish | source

# The output of export and unset is evaluated; every other command of mfa-env runs unchanged.
function aws-mfa --description 'Sign this shell in to AWS: PROFILE [CODE], CODE, or unset'
    # Keep the session out of `set fish_trace 1`.
    set -l fish_trace
    switch "$argv[1]"
        case MFA_ENV_PRINTING_COMMANDS -h --help -V --version
            command mfa-env $argv
            return $status
        case unset
            command mfa-env unset --shell fish $argv[2..-1] | source
        case export
            command mfa-env export --shell fish $argv[2..-1] | source
        case '*'
            command mfa-env export --shell fish $argv | source
    end
    # The status of mfa-env comes first: a killed program prints nothing, and evaluating nothing succeeds.
    set -l statuses $pipestatus
    builtin test $statuses[1] -ne 0; and return $statuses[1]
    return $statuses[2]
end

function __mfa_env_complete
    set -l before (commandline -opc)
    command mfa-env __complete (count $before) $before (commandline -ct) 2>/dev/null
end
complete -c mfa-env -f -a '(__mfa_env_complete)'
complete -c aws-mfa -f -a '(__mfa_env_complete)'
