using Cria.Runtime;

namespace Cria.Tests.Runtime;

public sealed class MachineTests : IDisposable
{
    private const long Gigabyte = 1L << 30;

    private readonly string _root = Directory.CreateTempSubdirectory("cria-").FullName;

    [Fact]
    public void Reads_the_machines_memory()
    {
        WriteMemory(total: 16, available: 10);
        Assert.Equal((16 * Gigabyte, 10 * Gigabyte), MemoryLimits.Read(_root));
    }

    [Fact]
    public void A_container_limit_of_version_2_counts()
    {
        WriteMemory(total: 16, available: 10);
        Write("proc/self/cgroup", "0::/\n");
        Write("sys/fs/cgroup/memory.max", $"{4 * Gigabyte}\n");
        Write("sys/fs/cgroup/memory.current", $"{3 * Gigabyte}\n");
        Write("sys/fs/cgroup/memory.stat", $"anon 5\ninactive_file {Gigabyte}\n");

        // One gigabyte is free, another one is only cached file.
        Assert.Equal((4 * Gigabyte, 2 * Gigabyte), MemoryLimits.Read(_root));
    }

    [Fact]
    public void The_tightest_of_nested_groups_counts()
    {
        WriteMemory(total: 16, available: 10);
        Write("proc/self/cgroup", "0::/outer/inner\n");
        Write("sys/fs/cgroup/outer/memory.max", $"{2 * Gigabyte}\n");
        Write("sys/fs/cgroup/outer/memory.current", $"{Gigabyte}\n");
        Write("sys/fs/cgroup/outer/inner/memory.max", "max\n");
        Write("sys/fs/cgroup/outer/inner/memory.current", $"{Gigabyte}\n");

        Assert.Equal((2 * Gigabyte, Gigabyte), MemoryLimits.Read(_root));
    }

    [Fact]
    public void A_container_limit_of_version_1_counts()
    {
        WriteMemory(total: 16, available: 10);
        Write("proc/self/cgroup", "5:cpuset:/\n4:memory:/a\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        Write("sys/fs/cgroup/memory/memory.usage_in_bytes", "5\n");
        Write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", $"{4 * Gigabyte}\n");
        Write("sys/fs/cgroup/memory/a/memory.usage_in_bytes", $"{Gigabyte}\n");

        Assert.Equal((4 * Gigabyte, 3 * Gigabyte), MemoryLimits.Read(_root));
    }

    [Fact]
    public void Files_that_the_system_remembers_are_free_memory_however_often_they_were_read()
    {
        WriteMemory(total: 16, available: 10);
        Write("proc/self/cgroup", "0::/\n");
        Write("sys/fs/cgroup/memory.max", $"{4 * Gigabyte}\n");
        Write("sys/fs/cgroup/memory.current", $"{4 * Gigabyte}\n");
        Write("sys/fs/cgroup/memory.stat", $"anon 5\nfile 9\ninactive_file {Gigabyte}\nactive_file {2 * Gigabyte}\n");

        Assert.Equal((4 * Gigabyte, 3 * Gigabyte), MemoryLimits.Read(_root));
    }

    [Fact]
    public void A_group_of_version_1_counts_the_files_of_its_children()
    {
        WriteMemory(total: 16, available: 10);
        Write("proc/self/cgroup", "4:memory:/\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", $"{4 * Gigabyte}\n");
        Write("sys/fs/cgroup/memory/memory.usage_in_bytes", $"{3 * Gigabyte}\n");
        Write("sys/fs/cgroup/memory/memory.stat", $"inactive_file 0\nactive_file 5\ntotal_inactive_file {Gigabyte}\ntotal_active_file {Gigabyte}\n");

        Assert.Equal((4 * Gigabyte, 3 * Gigabyte), MemoryLimits.Read(_root));
    }

    [Theory]
    [InlineData(3, 4)]
    [InlineData(4, 3)]
    public void A_group_that_is_slowed_down_beyond_a_limit_has_no_more_than_that(long high, long max)
    {
        WriteMemory(total: 16, available: 10);
        Write("proc/self/cgroup", "0::/\n");
        Write("sys/fs/cgroup/memory.max", $"{max * Gigabyte}\n");
        Write("sys/fs/cgroup/memory.high", $"{high * Gigabyte}\n");
        Write("sys/fs/cgroup/memory.current", $"{Gigabyte}\n");

        Assert.Equal((3 * Gigabyte, 2 * Gigabyte), MemoryLimits.Read(_root));
    }

    [Fact]
    public void A_gauge_asks_the_system_again_only_when_its_answer_is_old()
    {
        int asked = 0;
        var clock = new Clock();
        var gauge = new MemoryGauge(() => new MachineMemory(100, ++asked), clock);

        Assert.Equal((1, 1), (gauge.Read().AvailableBytes, gauge.Read().AvailableBytes));
        clock.Milliseconds = 249;
        Assert.Equal(1, gauge.Read().AvailableBytes);
        clock.Milliseconds = 250;
        Assert.Equal((2, 2), (gauge.Read().AvailableBytes, gauge.Read().AvailableBytes));
        Assert.InRange(MemoryGauge.OfMachine.Read().AvailableBytes, 1, MachineMemory.Read().TotalBytes);
    }

    private sealed class Clock : TimeProvider
    {
        public long Milliseconds { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Milliseconds;
    }

    [Fact]
    public void Knows_nothing_where_there_are_no_such_files() => Assert.Null(MemoryLimits.Read(_root));

    [Fact]
    public void Says_what_fits_this_machine()
    {
        var memory = MachineMemory.Read();
        Assert.InRange(memory.AvailableBytes, 1, memory.TotalBytes);
        Assert.True(memory.Fits(memory.AvailableBytes));
        Assert.False(memory.Fits(memory.AvailableBytes + 1));
    }

    [Fact]
    public void Counts_two_threads_of_a_core_once()
    {
        WriteProcessors("0-7");
        Assert.Equal(4, ProcessorCores.Count(_root, processors: 8));
    }

    [Fact]
    public void Counts_only_cores_that_the_process_may_use()
    {
        WriteProcessors("0,4,5");
        // 0 and 4 share a core.
        Assert.Equal(2, ProcessorCores.Count(_root, processors: 3));
    }

    [Fact]
    public void Uses_no_more_cores_than_the_quota_allows()
    {
        WriteProcessors("0-7");
        Assert.Equal(2, ProcessorCores.Count(_root, processors: 2));
    }

    [Fact]
    public void Believes_the_runtime_where_there_are_no_such_files() => Assert.Equal(6, ProcessorCores.Count(_root, processors: 6));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void WriteMemory(int total, int available) =>
        Write("proc/meminfo", $"MemTotal:       {total * 1024 * 1024} kB\nMemFree:  1 kB\nMemAvailable:   {available * 1024 * 1024} kB\n");

    /// <summary>Eight processors, of which n and n + 4 are one core.</summary>
    private void WriteProcessors(string allowed)
    {
        Write("proc/self/status", $"Name:\ttest\nCpus_allowed_list:\t{allowed}\n");
        for (int i = 0; i < 8; i++) Write($"sys/devices/system/cpu/cpu{i}/topology/thread_siblings_list", $"{i % 4},{i % 4 + 4}\n");
    }

    private void Write(string path, string text)
    {
        string full = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
