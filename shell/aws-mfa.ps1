function aws-mfa {
    # mfa-env for PowerShell 5.1 and 7. In $PROFILE:   mfa-env init powershell | Out-String | Invoke-Expression
    #
    # No comment comes before the first command: joined into one line, all of it must not be a comment.
    #
    # Sign in to AWS:   aws-mfa PROFILE [CODE]   aws-mfa CODE   aws-mfa unset
    # The output of export and unset is evaluated; every other command of mfa-env runs unchanged.
    # Without [CmdletBinding()], because its common parameters would capture -d and -p.
    # Set-PSDebug -Trace does not show what runs in hidden code, so it shows no secret.
    [System.Diagnostics.DebuggerHidden()] param()
    # If this were on, PowerShell would throw before evaluating the output that makes the sign-in fail.
    $PSNativeCommandUseErrorActionPreference = $false
    if ($global:MfaEnvAlias) {
        [Console]::Error.WriteLine("mfa-env: aws-mfa is a function now; this alias was removed: $global:MfaEnvAlias")
        $global:MfaEnvAlias = $null
    }
    $mfaEnvPrinting = 'MFA_ENV_PRINTING_COMMANDS', '-V', '--version'
    if (($args.Count -and $mfaEnvPrinting -ccontains $args[0]) -or
        $args -ccontains '-h' -or $args -ccontains '--help') {
        & mfa-env @args
        return
    }
    $mfaEnvOut = & mfa-env @args --shell powershell
    # $LASTEXITCODE alone would not reveal that mfa-env was not found.
    if (-not $? -or -not $mfaEnvOut) {
        Write-Error -CategoryActivity 'aws-mfa' -Message 'not signed in' -ErrorAction Stop
    }
    Invoke-Expression ((@('[System.Diagnostics.DebuggerHidden()] param()') + $mfaEnvOut) -join "`n")
    # AWS Tools for PowerShell use this variable, which Set-AWSCredential sets, before the environment.
    if ($args[0] -cne 'unset' -and (Test-Path -LiteralPath Variable:StoredAWSCredentials)) {
        Write-Warning -WarningAction Continue -Message ('AWS Tools for PowerShell use $StoredAWSCredentials instead of ' +
            'this session; end that with: Clear-AWSCredential [stored-credentials]')
    }
}

# PowerShell looks for aliases before functions; the first run tells about one that was removed.
if (Test-Path -LiteralPath Alias:aws-mfa) {
    $global:MfaEnvAlias = (Get-Alias aws-mfa).Definition
    Remove-Item -LiteralPath Alias:aws-mfa -Force
}

Register-ArgumentCompleter -Native -CommandName mfa-env, aws-mfa -ScriptBlock {
    param($mfaEnvWord, $mfaEnvAst, $mfaEnvCursor)
    $mfaEnvBefore = @($mfaEnvAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $mfaEnvCursor })
    $mfaEnvAt = $mfaEnvAst.CommandElements | Where-Object {
        $_.Extent.StartOffset -le $mfaEnvCursor -and $_.Extent.EndOffset -ge $mfaEnvCursor
    }
    $mfaEnvText = {
        param($element)
        if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $element.Value }
        else { "$element" }
    }
    $mfaEnvTyped = if ($mfaEnvAt) { & $mfaEnvText @($mfaEnvAt)[-1] } else { '' }
    $mfaEnvWords = @($mfaEnvBefore | ForEach-Object { & $mfaEnvText $_ })
    & mfa-env __complete $mfaEnvWords.Count @mfaEnvWords $mfaEnvTyped 2>$null |
        Where-Object { $_.StartsWith($mfaEnvTyped, [StringComparison]::Ordinal) } |
        ForEach-Object {
            # PowerShell accepts several characters as a single quote; each of them must be doubled.
            $mfaEnvQuoted = if ($_ -cmatch '^[A-Za-z_-][A-Za-z0-9_./+-]*\z') { $_ }
            else { "'" + ($_ -replace "(['\u2018-\u201b])", '$1$1') + "'" }
            [System.Management.Automation.CompletionResult]::new($mfaEnvQuoted, $_, 'ParameterValue', $_)
        }
}
