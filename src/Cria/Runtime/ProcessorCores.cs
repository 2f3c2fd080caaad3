namespace Cria.Runtime;

/// <summary>Counts the processor cores that this process may use.</summary>
internal static class ProcessorCores
{
    /// <summary>The physical cores this process may run on, at most as many as a container's quota allows.</summary>
    public static int Count() => Count("/", Environment.ProcessorCount);

    /// <summary>
    /// The same for a machine whose files begin at <paramref name="root"/>. <paramref name="processors"/> is what .NET
    /// counts: it knows affinity and quotas, but not which processors are two threads of one core, which would only
    /// compete for that core's arithmetic.
    /// </summary>
    public static int Count(string root, int processors)
    {
        try
        {
            var cores = new HashSet<string>();
            foreach (int processor in AllowedProcessors(root))
            {
                string topology = Path.Combine(root, $"sys/devices/system/cpu/cpu{processor}/topology");
                cores.Add(File.ReadAllText(Path.Combine(topology, "thread_siblings_list")).Trim());
            }

            return cores.Count == 0 ? processors : Math.Min(cores.Count, processors);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            // Not Linux, or a sandbox that hides the files.
            return processors;
        }
    }

    /// <summary>Reads lists such as <c>0-3,8</c> from the process's status.</summary>
    private static IEnumerable<int> AllowedProcessors(string root)
    {
        const string key = "Cpus_allowed_list:";
        string? line = File.ReadLines(Path.Combine(root, "proc/self/status"))
            .FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal));
        if (line is null) yield break;
        foreach (string range in line[key.Length..].Trim().Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = range.Split('-');
            int last = int.Parse(ends[^1]);
            for (int processor = int.Parse(ends[0]); processor <= last; processor++) yield return processor;
        }
    }
}
