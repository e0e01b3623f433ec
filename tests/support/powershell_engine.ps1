# Runs scripts for the tests, each in a clean state and with the outcome that it would have in a process of its own:
# `pwsh -NoProfile -NonInteractive -Command SCRIPT`. See powershell_engine.rs.

$utf8 = [Text.UTF8Encoding]::new($false)
$listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
$listener.Start()
[Console]::Out.Write("$($listener.LocalEndpoint.Port)`n")
$requests = [IO.StreamReader]::new($listener.AcceptTcpClient().GetStream(), $utf8)
$modulePath = $env:PSModulePath

while ($null -ne ($line = $requests.ReadLine())) {
    $case = ConvertFrom-Json -AsHashtable $line
    foreach ($name in @([Environment]::GetEnvironmentVariables().Keys)) {
        [Environment]::SetEnvironmentVariable($name, [NullString]::Value)
    }
    $env:PSModulePath = $modulePath
    foreach ($name in $case.env.Keys) { [Environment]::SetEnvironmentVariable($name, $case.env[$name]) }
    [Environment]::CurrentDirectory = $case.cwd
    [Console]::OutputEncoding = $utf8

    # Its own variables, functions, preferences and modules. Because it shares the host, its output goes to the stdout
    # and stderr of this process, as that of native commands does.
    $runspace = [runspacefactory]::CreateRunspace($Host, [initialsessionstate]::CreateDefault2())
    $runspace.Open()
    # What `-Command` does: errors go with the output to Out-Default, which writes them to stderr.
    $failure, $succeeded = $null, $false
    # The last line stores whether the one before it succeeded.
    $shell = [powershell]::Create($runspace).AddScript($case.script + "`n`$global:succeeded = `$?")
    $shell.Commands.Commands[0].MergeMyResults('Error', 'Output')
    try { $null = $shell.AddCommand('Out-Default').Invoke() }
    catch { $failure = $_.Exception.InnerException }
    if ($null -eq $failure) {
        $succeeded = $runspace.SessionStateProxy.GetVariable('succeeded')
    } else {
        $shell = [powershell]::Create($runspace)
        $null = $shell.AddScript('[CmdletBinding()] param($record) $PSCmdlet.WriteError($record)')
        $null = $shell.AddParameter('record', $failure.ErrorRecord).AddParameter('ErrorAction', 'Continue')
        $shell.Commands.Commands[0].MergeMyResults('Error', 'Output')
        $null = $shell.AddCommand('Out-Default').Invoke()
    }
    $runspace.Dispose()
    foreach ($stream in [Console]::Out, [Console]::Error) { $stream.Write($case.end + [int](-not $succeeded) + "`n") }
}
