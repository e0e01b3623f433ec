function aws-mfa --no-scope-shadowing --description 'Sign this shell in to AWS: PROFILE [CODE], CODE, or unset'
    # mfa-env for fish. In ~/.config/fish/config.fish:   mfa-env init fish | source
    #
    # No comment comes before the first command: in `eval (mfa-env init fish)`, all lines are one, which must not be a
    # comment.
    #
    # The output of export and unset is evaluated; every other command of mfa-env runs unchanged, and so do help and
    # other formats. The function shares the scope of its caller, whose local variables could hide the session.
    begin
        # Keep the session out of `set fish_trace 1`.
        set -l fish_trace
        if __mfa_env_runs_unchanged $argv
            switch "$argv[1]"
                case doctor
                    command mfa-env doctor --function=MFA_ENV_VERSION $argv[2..-1]
                case '*'
                    command mfa-env $argv
            end
            return $status
        end
        switch "$argv[1]"
            case export unset
                command mfa-env $argv[1] --shell fish $argv[2..-1] | builtin source
            case '*'
                command mfa-env export --shell fish $argv | builtin source
        end
        # The status of mfa-env comes first: a killed program prints nothing, and evaluating nothing succeeds.
        set -l __mfa_env_statuses $pipestatus
        test $__mfa_env_statuses[1] -ne 0; and return $__mfa_env_statuses[1]
        return $__mfa_env_statuses[2]
    end
end

function __mfa_env_runs_unchanged --description 'Whether the output of mfa-env is for people or for other programs'
    switch "$argv[1]"
        case MFA_ENV_PRINTING_COMMANDS
            return 0
    end
    while set -q argv[1]; and test "$argv[1]" != --
        switch $argv[1]
            case --format
                test "$argv[2]" = statements; or return 0
            case --format=statements
            case '-h*' '-qh*' --help '-V*' '-qV*' --version '-s*' '-qs*' --shell '--shell=*' --show '--format=*'
                return 0
        end
        set -e argv[1]
    end
    return 1
end

# Messages name the function if the user has named it.
switch 'MFA_ENV_OTHER_NAME'
    case ''
        set -e MFA_ENV_FUNCTION
    case '*'
        set -gx MFA_ENV_FUNCTION 'MFA_ENV_OTHER_NAME'
end

function __mfa_env_complete
    set -l before (commandline -opc)
    command mfa-env __complete --describe (count $before) $before (commandline -ct) 2>/dev/null
end
complete -c mfa-env -f -a '(__mfa_env_complete)'
complete -c aws-mfa -f -a '(__mfa_env_complete)'
