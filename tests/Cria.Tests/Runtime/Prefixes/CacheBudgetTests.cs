using Cria.Runtime.Prefixes;

namespace Cria.Tests.Runtime.Prefixes;

public sealed class CacheBudgetTests
{
    private const long Gigabyte = 1L << 30, Megabyte = 1L << 20;

    [Theory]
    [InlineData(100 * Megabyte, 0, 100)]
    [InlineData(100 * Megabyte, 50 * Gigabyte, 100)]
    [InlineData(1, 50 * Gigabyte, 1)]
    [InlineData(long.MaxValue, 0, int.MaxValue)]
    public void What_is_asked_for_is_the_limit(long wanted, long spare, int pages) =>
        Assert.Equal(pages, CacheBudget.Pages(wanted, spare, pageBytes: Megabyte, contextPages: 32));

    [Theory]
    [InlineData(8 * Gigabyte, 2048)]
    [InlineData(128 * Megabyte, 32)]
    [InlineData(0, 32)]
    [InlineData(-Gigabyte, 32)]
    public void Else_a_part_of_what_there_is_but_a_full_context_at_least(long spare, int pages) =>
        Assert.Equal(pages, CacheBudget.Pages(0, spare, pageBytes: Megabyte, contextPages: 32));

    [Theory]
    [InlineData(10 * Gigabyte, 8 * Gigabyte, false)]
    [InlineData(10 * Gigabyte, 9 * Gigabyte + 600 * Megabyte, true)]
    [InlineData(10 * Gigabyte, 11 * Gigabyte, true)]
    [InlineData(600 * Megabyte, 0, false)]
    [InlineData(500 * Megabyte, 0, true)]
    public void Memory_is_tight_before_the_last_of_it_is_taken(long available, long mapped, bool isTight) =>
        Assert.Equal(isTight, CacheBudget.IsTight(33 * Megabyte, new MachineMemory(64 * Gigabyte, available), mapped));

    [Fact]
    public void A_small_machine_keeps_less_free() =>
        Assert.False(CacheBudget.IsTight(33 * Megabyte, new MachineMemory(Gigabyte, 70 * Megabyte), 0));
}
