namespace Cria.Runtime;

/// <summary>Reads from Linux's files how much memory there is, for the machine and for the container around the process.</summary>
internal static class MemoryLimits
{
    /// <summary>Total and available bytes of the machine whose files begin at <paramref name="root"/>; null if unreadable.</summary>
    public static (long Total, long Available)? Read(string root)
    {
        try
        {
            if (MemoryInfo(root, "MemTotal:") is not { } total || MemoryInfo(root, "MemAvailable:") is not { } available) return null;
            foreach (string group in ControlGroups(root))
            {
                // Version 2 and version 1 of the same files; no limit is the word "max" or a number beyond the machine's memory.
                // Beyond version 2's "high" a process is not ended, but slowed down until it seems to stand still.
                long? limit = Least(Number(group, "memory.max"), Number(group, "memory.high")) ?? Number(group, "memory.limit_in_bytes");
                long? used = Number(group, "memory.current") ?? Number(group, "memory.usage_in_bytes");
                if (limit is null || used is null || limit >= total) continue;
                total = limit.Value;
                // Cached file pages count as used, but give way when memory is needed; without them, a model that has been loaded
                // before, whose pages are still there, would seem not to fit.
                available = Math.Clamp(limit.Value - used.Value + CachedFilePages(group), 0, available);
            }

            return (total, Math.Min(available, total));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long? MemoryInfo(string root, string key)
    {
        string? line = File.ReadLines(Path.Combine(root, "proc/meminfo"))
            .FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal));
        string[] words = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return words.Length > 1 && long.TryParse(words[1], out long kilobytes) ? kilobytes * 1024 : null;
    }

    /// <summary>The control groups of this process, outermost first: each of them may have a limit.</summary>
    private static IEnumerable<string> ControlGroups(string root)
    {
        string file = Path.Combine(root, "proc/self/cgroup");
        if (!File.Exists(file)) yield break;
        foreach (string line in File.ReadLines(file))
        {
            string[] fields = line.Split(':', 3);
            if (fields.Length < 3) continue;
            string? mount = fields[1] switch
            {
                "" => "sys/fs/cgroup",
                _ when fields[1].Split(',').Contains("memory") => "sys/fs/cgroup/memory",
                _ => null,
            };
            if (mount is null) continue;

            // Inside a container the path may be the host's, of which only the root is visible: missing folders have no limit.
            string group = Path.Combine(root, mount);
            yield return group;
            foreach (string part in fields[2].Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                group = Path.Combine(group, part);
                yield return group;
            }
        }
    }

    private static long? Number(string group, string name)
    {
        string file = Path.Combine(group, name);
        return File.Exists(file) && long.TryParse(File.ReadAllText(file).Trim(), out long number) ? number : null;
    }

    private static long? Least(long? a, long? b) => a is null || b is null ? a ?? b : Math.Min(a.Value, b.Value);

    private static long CachedFilePages(string group)
    {
        string file = Path.Combine(group, "memory.stat");
        if (!File.Exists(file)) return 0;
        long own = 0, withChildren = 0;
        foreach (string line in File.ReadLines(file))
        {
            own += Value(line, "inactive_file ") + Value(line, "active_file ");
            // Version 1 lists a group without its children, whose use counts, and then the sums.
            withChildren += Value(line, "total_inactive_file ") + Value(line, "total_active_file ");
        }

        return Math.Max(own, withChildren);
    }

    private static long Value(string line, string key) =>
        line.StartsWith(key, StringComparison.Ordinal) && long.TryParse(line.AsSpan(key.Length), out long bytes) ? bytes : 0;
}
