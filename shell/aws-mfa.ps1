function aws-mfa {
    # mfa-env for PowerShell 5.1 and 7. In $PROFILE:   mfa-env init powershell | Out-String | Invoke-Expression
    #
    # No comment comes before the first command: joined into one line, all of it must not be a comment.
    #
    # Sign in to AWS:   aws-mfa PROFILE [CODE]   aws-mfa CODE   aws-mfa unset
    # The output of export and unset sets variables; every other command of mfa-env runs unchanged, and so do help and
    # other formats. Cmdlets are named with their modules, because the user may have functions with their names.
    #
    # Without [CmdletBinding()], because its common parameters would capture -d and -p.
    # Set-PSDebug -Trace does not show what runs in hidden code, so it shows no secret.
    [System.Diagnostics.DebuggerHidden()] param()

    # A failed sign-in ends the script, as it does without the function. After an error inside a trap, the caller goes
    # on.
    trap {
        # Not ours: a later command of the pipeline needs no more input, or has failed.
        if ($mfaEnvIsRunning -and $_.CategoryInfo.Reason -cmatch '^(StopUpstreamCommands|PipelineStopped)Exception$') {
            $global:LASTEXITCODE = 0
            continue
        }
        if ($mfaEnvIsRunning -and $_.FullyQualifiedErrorId -cne 'CommandNotFoundException') { break }
        $mfaEnvFailure = 'mfa-env was not found, or could not be started'
        if ($_.Exception.WasThrownFromThrowStatement) { $mfaEnvFailure = $_.Exception.Message }
        # An error with this ID is shown in one line, without the line that was typed, which may contain a code.
        $mfaEnvError = @{ ErrorId = 'NativeCommandErrorMessage'; Message = "aws-mfa: $mfaEnvFailure" }
        # Methods cannot be called in constrained language mode.
        if ($mfaEnvIsPlain -and $ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') { __mfa_env_fail }
        & {
            [System.Diagnostics.DebuggerHidden()] [CmdletBinding()] param()
            if (-not $mfaEnvIsPlain) { Microsoft.PowerShell.Utility\Write-Error @mfaEnvError -ErrorAction Stop }
            $mfaEnvRecord = Microsoft.PowerShell.Utility\Write-Error @mfaEnvError -ErrorAction Continue 2>&1
            $PSCmdlet.ThrowTerminatingError($mfaEnvRecord)
        }
    }

    # Settings of the user that would change what the commands below do.
    Microsoft.PowerShell.Core\Set-StrictMode -Off
    $PSDefaultParameterValues = @{}
    $mfaEnvWantsErrors = $PSNativeCommandUseErrorActionPreference
    $PSNativeCommandUseErrorActionPreference = $false

    if ($global:MfaEnvAlias) {
        $mfaEnvNotice = "mfa-env: aws-mfa is a function now; this alias was removed: $global:MfaEnvAlias"
        # A warning may go to stdout, but in constrained language mode nothing else can be shown.
        if ($ExecutionContext.SessionState.LanguageMode -eq 'FullLanguage') {
            [Console]::Error.WriteLine($mfaEnvNotice)
        }
        else { Microsoft.PowerShell.Utility\Write-Warning -WarningAction Continue -Message $mfaEnvNotice }
        $global:MfaEnvAlias = $null
    }

    $mfaEnvIsPlain = $false
    $mfaEnvIsRunning = $false
    $mfaEnvWords = @(__mfa_env_words $args $MyInvocation)
    $mfaEnvIsPlain = __mfa_env_runs_unchanged $mfaEnvWords
    if ($mfaEnvIsPlain -and $mfaEnvWords[0] -ceq 'doctor') {
        $mfaEnvWords = @('doctor', '--function=MFA_ENV_VERSION') +
            @($mfaEnvWords | Microsoft.PowerShell.Utility\Select-Object -Skip 1)
    }
    if (-not $mfaEnvIsPlain) {
        $mfaEnvFirst = if ($mfaEnvWords[0] -ceq 'unset') { 'unset' } else { 'export' }
        $mfaEnvTyped = [int]($mfaEnvWords[0] -ceq $mfaEnvFirst)
        $mfaEnvWords = @($mfaEnvFirst, '--shell', 'powershell') +
            @($mfaEnvWords | Microsoft.PowerShell.Utility\Select-Object -Skip $mfaEnvTyped)
    }

    # Only words in double quotes are passed on as they are; elsewhere PowerShell expands * and ~. The text that is
    # evaluated contains none of the words.
    $mfaEnvRun = '& $mfaEnvProgram'
    for ($mfaEnvAt = 0; $mfaEnvAt -lt $mfaEnvWords.Count; $mfaEnvAt++) {
        $mfaEnvRun += " `"`$(`$mfaEnvWords[$mfaEnvAt])`""
    }
    if ($MyInvocation.ExpectingInput) {
        $mfaEnvInput = @($input)
        $mfaEnvRun = '$mfaEnvInput | ' + $mfaEnvRun
    }
    $mfaEnvRun = '[System.Diagnostics.DebuggerHidden()] param(); ' + $mfaEnvRun
    # The program, not an alias or a function of the user, unless PATH does not have it.
    $mfaEnvProgram = Microsoft.PowerShell.Core\Get-Command mfa-env -CommandType Application -TotalCount 1 `
        -ErrorAction Ignore
    if (-not $mfaEnvProgram) { $mfaEnvProgram = 'mfa-env' }
    if ($mfaEnvIsPlain) {
        $mfaEnvIsRunning = $true
        Microsoft.PowerShell.Utility\Invoke-Expression $mfaEnvRun
        $mfaEnvIsRunning = $false
        if ($global:LASTEXITCODE -eq 0) { return }
        # Ctrl-C ends the script.
        if ($global:LASTEXITCODE -eq 130) {
            $mfaEnvIsPlain = $false
            throw 'interrupted'
        }
        # Any other failure makes $? false and stops `&&`, as in other shells. Only within a pipeline that belongs to
        # the caller's can that be done without an error, but not in constrained language mode.
        if ($mfaEnvWantsErrors -or $ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
            throw "mfa-env ended with status $global:LASTEXITCODE"
        }
        $mfaEnvFailing = { Microsoft.PowerShell.Utility\Write-Error failed -ErrorAction Ignore }.GetSteppablePipeline()
        $mfaEnvFailing.Begin($false, $ExecutionContext)
        $mfaEnvFailing.End()
        return
    }
    # After a pipeline that needs no more, the trap goes on here.
    if ($mfaEnvIsPlain) { return }
    $mfaEnvOutput = @(Microsoft.PowerShell.Utility\Invoke-Expression $mfaEnvRun) -join "`n"
    if ($global:LASTEXITCODE -ne 0) {
        if ($mfaEnvFirst -ceq 'unset') { throw 'not signed out' } else { throw 'not signed in' }
    }
    __mfa_env_set

    # AWS Tools for PowerShell use this variable, which Set-AWSCredential sets, before the environment.
    if ($mfaEnvFirst -cne 'unset' -and
        (Microsoft.PowerShell.Management\Test-Path -LiteralPath Variable:StoredAWSCredentials)) {
        Microsoft.PowerShell.Utility\Write-Warning -WarningAction Continue -Message (
            'AWS Tools for PowerShell use $StoredAWSCredentials instead of this session; end that with: ' +
            'Clear-AWSCredential [stored-credentials]')
    }
}

# The arguments as they were typed. A cast keeps the digits of a number.
function __mfa_env_words {
    [System.Diagnostics.DebuggerHidden()] param($mfaEnvArguments, $mfaEnvInvocation)
    # PowerShell removes the first --; only the typed line tells where it was.
    $mfaEnvTyped = $mfaEnvInvocation.Statement
    if (-not $mfaEnvTyped -and $mfaEnvInvocation.Line) {
        $mfaEnvTyped = $mfaEnvInvocation.Line.Substring($mfaEnvInvocation.OffsetInLine - 1)
    }
    $mfaEnvTyped = $mfaEnvTyped -replace '''[^'']*''|"(?:[^"$`]|\$\w)*"', 'quoted' -replace '^[&.]\s*' -replace
        '`\r?\n', ' ' -replace '(?s)(\s#|[;|&]).*'
    $mfaEnvDashes = -1
    if ($mfaEnvTyped -match '\s--(\s|\z)') {
        $mfaEnvBefore = @(($mfaEnvTyped -split '\s+--(?:\s|\z)')[0] -split '\s+')
        if ($mfaEnvBefore -match '[^\w./:=+~%^$-]|^-\w*[.:]') { throw 'PowerShell removes --; leave it out' }
        $mfaEnvDashes = $mfaEnvBefore.Count - 1
    }
    $mfaEnvCount = 0
    for ($mfaEnvAt = 0; $mfaEnvAt -lt $mfaEnvArguments.Count; $mfaEnvAt++) {
        if ($mfaEnvCount++ -eq $mfaEnvDashes) { '--' }
        $mfaEnvWord = [string]$mfaEnvArguments[$mfaEnvAt]
        # PowerShell divides -d:1h in two.
        if ($mfaEnvWord -like '*:' -and $mfaEnvArguments[$mfaEnvAt].PSObject.Properties['<CommandParameterName>']) {
            $mfaEnvAt++
            $mfaEnvWord += [string]$mfaEnvArguments[$mfaEnvAt]
        }
        if ($null -eq $mfaEnvArguments[$mfaEnvAt]) { throw "argument $mfaEnvCount is `$null" }
        if (@($mfaEnvArguments[$mfaEnvAt]).Count -ne 1) {
            throw "argument $mfaEnvCount is a list; quote it, or splat it (@list)"
        }
        $mfaEnvWord
    }
    if ($mfaEnvCount -eq $mfaEnvDashes) { '--' }
}

# Whether the output is for people or for other programs.
function __mfa_env_runs_unchanged {
    [System.Diagnostics.DebuggerHidden()] param($mfaEnvWords)
    if ('MFA_ENV_PRINTING_COMMANDS' -ccontains $mfaEnvWords[0]) { return $true }
    for ($mfaEnvAt = 0; $mfaEnvAt -lt $mfaEnvWords.Count -and $mfaEnvWords[$mfaEnvAt] -cne '--'; $mfaEnvAt++) {
        switch -CaseSensitive -Regex ($mfaEnvWords[$mfaEnvAt]) {
            '^--format$' { if ($mfaEnvWords[$mfaEnvAt + 1] -cne 'statements') { return $true } }
            '^--format=(?!statements$)' { return $true }
            '^(-(|q)[hVs].*|--help|--version|--shell(=.*)?|--show)$' { return $true }
        }
    }
    $false
}

# Fails with $mfaEnvFailure. An error is shown in one line if it is in the first line of code that is in no file.
Microsoft.PowerShell.Utility\Invoke-Expression (
    'function __mfa_env_fail { ' +
    'function aws-mfa { [CmdletBinding()] param([ValidateScript({ throw $mfaEnvFailure })] $Status) }; aws-mfa 1 }')

# Sets what is in $mfaEnvOutput: one line of the statements that mfa-env prints for PowerShell, and nothing else. No
# value is in the text that is evaluated, or an argument: logs and Trace-Command show those.
function __mfa_env_set {
    [System.Diagnostics.DebuggerHidden()] param()
    # Printable ASCII; a single quote is doubled, and there is no double one.
    $mfaEnvLiteral = "'(?:[ !#-&(-~]|'')*'"
    $mfaEnvPart = "(?:$mfaEnvLiteral|\[char\]0x[0-9A-F]{4})"
    $mfaEnvStatement =
        "; \`$env:([A-Z_][A-Z0-9_]*) = (\`$null|$mfaEnvLiteral|\(-join\($mfaEnvPart(?:,$mfaEnvPart)*\)\))"
    $mfaEnvGuard = 'echo "\\" \|Out-Null; echo " >/dev/null; false #" \|Out-Null'
    if ($mfaEnvOutput -cnotmatch "^$mfaEnvGuard((?:$mfaEnvStatement)*)\z") {
        throw 'the output of mfa-env cannot be evaluated'
    }
    $mfaEnvText = $Matches[1]
    $mfaEnvValues = @()
    $mfaEnvSet = '[System.Diagnostics.DebuggerHidden()] param()'
    while ($mfaEnvText -cmatch "^$mfaEnvStatement") {
        $mfaEnvText = $mfaEnvText.Substring($Matches[0].Length)
        $mfaEnvSet += "; `$env:$($Matches[1]) = `$mfaEnvValues[$($mfaEnvValues.Count)]"
        $mfaEnvParts, $mfaEnvValue = $Matches[2], $null
        while ($mfaEnvParts -cmatch "^(?:\(-join\(|,)?(?:'((?:[^']|'')*)'|\[char\]0x(....))") {
            $mfaEnvParts = $mfaEnvParts.Substring($Matches[0].Length)
            if ($Matches[2]) { $mfaEnvValue += [string][char][int]"0x$($Matches[2])" }
            else { $mfaEnvValue += $Matches[1] -creplace "''", "'" }
        }
        $mfaEnvValues += , $mfaEnvValue
    }
    Microsoft.PowerShell.Utility\Invoke-Expression $mfaEnvSet
}

# PowerShell looks for aliases before functions; the first run tells about one that was removed.
if (Microsoft.PowerShell.Management\Test-Path -LiteralPath Alias:aws-mfa) {
    $global:MfaEnvAlias = (Microsoft.PowerShell.Utility\Get-Alias aws-mfa).Definition
    Microsoft.PowerShell.Management\Remove-Item -LiteralPath Alias:aws-mfa -Force -ErrorAction Ignore -WhatIf:$false `
        -Confirm:$false
}

function __mfa_env_complete($mfaEnvAst, $mfaEnvCursor) {
    Microsoft.PowerShell.Core\Set-StrictMode -Off
    $mfaEnvWords, $mfaEnvTyped = @(), ''
    foreach ($mfaEnvElement in $mfaEnvAst.CommandElements) {
        # A string has its text without quotes as a property.
        $mfaEnvWord = if ($mfaEnvElement.Value -is [string]) { $mfaEnvElement.Value } else { "$mfaEnvElement" }
        if ($mfaEnvElement.Extent.EndOffset -lt $mfaEnvCursor) { $mfaEnvWords += $mfaEnvWord }
        elseif ($mfaEnvElement.Extent.StartOffset -le $mfaEnvCursor) { $mfaEnvTyped = $mfaEnvWord }
    }
    $mfaEnvLines = @(& mfa-env __complete --describe $mfaEnvWords.Count @mfaEnvWords $mfaEnvTyped 2>$null)
    $mfaEnvRich = $ExecutionContext.SessionState.LanguageMode -eq 'FullLanguage'
    $mfaEnvDescribed = if (-not $mfaEnvRich) { __mfa_env_describe $mfaEnvLines $mfaEnvTyped }
    foreach ($mfaEnvLine in $mfaEnvLines) {
        $mfaEnvName, $mfaEnvText = $mfaEnvLine -split "`t", 2
        # PowerShell users expect any letter case to do.
        if ($mfaEnvName.Length -lt $mfaEnvTyped.Length -or
            $mfaEnvName.Substring(0, $mfaEnvTyped.Length) -ine $mfaEnvTyped) { continue }
        # PowerShell accepts several characters as a single quote; each of them must be doubled.
        $mfaEnvQuoted = if ($mfaEnvName -cmatch '^[A-Za-z_-][A-Za-z0-9_./+-]*\z') { $mfaEnvName }
        else { "'" + ($mfaEnvName -replace "(['\u2018-\u201b])", '$1$1') + "'" }
        if (-not $mfaEnvText) { $mfaEnvText = $mfaEnvName }
        if ($mfaEnvRich) {
            [System.Management.Automation.CompletionResult]::new(
                $mfaEnvQuoted, $mfaEnvName, 'ParameterValue', $mfaEnvText)
            continue
        }
        $mfaEnvResult = $mfaEnvDescribed | Microsoft.PowerShell.Core\Where-Object {
            $_.CompletionText -ceq $mfaEnvQuoted -and $_.ToolTip -ceq $mfaEnvText
        } | Microsoft.PowerShell.Utility\Select-Object -First 1
        if ($mfaEnvResult) { $mfaEnvResult } else { $mfaEnvQuoted }
    }
}

# The results with descriptions for constrained language mode, where only PowerShell itself can make them: it describes
# an alias by its definition. These aliases end with this function.
function __mfa_env_describe($mfaEnvLines, $mfaEnvTyped) {
    foreach ($mfaEnvLine in $mfaEnvLines) {
        $mfaEnvName, $mfaEnvText = $mfaEnvLine -split "`t", 2
        # An alias of the user may belong to all scopes.
        if ($mfaEnvText -and $mfaEnvName -notmatch '[][:*?`/\\]' -and
            -not (Microsoft.PowerShell.Management\Test-Path -LiteralPath "Alias:$mfaEnvName")) {
            Microsoft.PowerShell.Utility\Set-Alias -Name $mfaEnvName -Value $mfaEnvText -Scope Local -WhatIf:$false `
                -Confirm:$false -ErrorAction Ignore
        }
    }
    $mfaEnvTyped = "Get-Help $(if ($mfaEnvTyped -match '^[A-Za-z][A-Za-z0-9_.+-]*\z') { $mfaEnvTyped })"
    (TabExpansion2 $mfaEnvTyped $mfaEnvTyped.Length).CompletionMatches
}

# Whether this is an alias of the function or the program, or a function that calls one of them.
function __mfa_env_is_called_by($mfaEnvName) {
    Microsoft.PowerShell.Core\Set-StrictMode -Off
    if ($mfaEnvName -match '[][*?`]') { return $false }
    $mfaEnvTypes = @{ CommandType = 'Alias', 'Function'; TotalCount = 1; ErrorAction = 'Ignore' }
    $mfaEnvCommand = Microsoft.PowerShell.Core\Get-Command $mfaEnvName @mfaEnvTypes
    if ($mfaEnvCommand.CommandType -eq 'Alias' -and 'aws-mfa', 'mfa-env' -notcontains $mfaEnvCommand.Definition) {
        $mfaEnvCommand = Microsoft.PowerShell.Core\Get-Command $mfaEnvCommand.Definition @mfaEnvTypes
    }
    $mfaEnvCommand.Definition -match '(^|[\s;|&({])(aws-mfa|mfa-env)(\s|$)'
}

$MfaEnvCompleter = {
    param($mfaEnvWord, $mfaEnvAst, $mfaEnvCursor)
    __mfa_env_complete $mfaEnvAst $mfaEnvCursor
}
Microsoft.PowerShell.Core\Register-ArgumentCompleter -Native -CommandName mfa-env, aws-mfa -ScriptBlock $MfaEnvCompleter
# Completes for other names, too. Before PowerShell 7.6, only for aliases that exist by now.
if ((Microsoft.PowerShell.Core\Get-Command Register-ArgumentCompleter).Parameters.Keys -contains 'NativeFallback') {
    Microsoft.PowerShell.Core\Register-ArgumentCompleter -NativeFallback -ScriptBlock {
        param($mfaEnvWord, $mfaEnvAst, $mfaEnvCursor)
        if (__mfa_env_is_called_by $mfaEnvAst.CommandElements[0].Extent.Text) {
            __mfa_env_complete $mfaEnvAst $mfaEnvCursor
        }
    }
}
else {
    foreach ($mfaEnvName in Microsoft.PowerShell.Utility\Get-Alias -Definition mfa-env, aws-mfa -ErrorAction Ignore) {
        Microsoft.PowerShell.Core\Register-ArgumentCompleter -Native -CommandName $mfaEnvName.Name `
            -ScriptBlock $MfaEnvCompleter
    }
}

# Messages name the function if the user has named it.
if ('MFA_ENV_OTHER_NAME') { $env:MFA_ENV_FUNCTION = 'MFA_ENV_OTHER_NAME' } else { $env:MFA_ENV_FUNCTION = $null }
