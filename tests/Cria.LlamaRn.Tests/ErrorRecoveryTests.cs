namespace Cria.LlamaRn.Tests;

/// <summary>What is tried again, how often, and what is not.</summary>
public sealed class ErrorRecoveryTests
{
    private readonly List<string> _done = [];

    [Fact]
    public async Task A_model_that_could_not_be_loaded_is_loaded_once_more()
    {
        Assert.Equal(3, await RunAsync(new ModelLoadException("a", "m")));
        Assert.Equal(["attempt", "reinitialize"], _done);
    }

    [Fact]
    public async Task Lack_of_memory_is_answered_with_something_smaller()
    {
        Assert.Equal(2, await RunAsync(new CacheMemoryException(2, 1)));
        Assert.Equal(["attempt", "smaller"], _done);
    }

    [Fact]
    public async Task Anything_else_is_told_with_its_code()
    {
        LlamaException error = await Assert.ThrowsAsync<LlamaException>(() => RunAsync(new NoPredictionException()));
        Assert.Equal("generation_error", error.Code);
        Assert.Equal(["attempt"], _done);
    }

    [Fact]
    public async Task Where_there_is_nothing_smaller_the_lack_of_memory_is_told()
    {
        LlamaException error = await Assert.ThrowsAsync<LlamaException>(() => ErrorRecovery.RunAsync<int>(
            () => throw new OutOfMemoryException(), () => Task.FromResult(1), _ => null));
        Assert.Equal("out_of_memory", error.Code);
    }

    [Fact]
    public async Task A_second_failure_is_told_and_not_tried_again()
    {
        int attempts = 0;
        LlamaException error = await Assert.ThrowsAsync<LlamaException>(() => ErrorRecovery.RunAsync<int>(Fail, Fail, _ => null));
        Assert.Equal(("model_load_error", 2), (error.Code, attempts));

        Task<int> Fail()
        {
            attempts++;
            throw new ModelLoadException("a", "m");
        }
    }

    [Fact]
    public async Task A_cancellation_stays_one()
    {
        await Assert.ThrowsAsync<OperationCanceledException>(() => RunAsync(new OperationCanceledException()));
        Assert.Equal(["attempt"], _done);
    }

    private Task<int> RunAsync(Exception failure) => ErrorRecovery.RunAsync(
        () =>
        {
            _done.Add("attempt");
            return Task.FromException<int>(failure);
        },
        () =>
        {
            _done.Add("reinitialize");
            return Task.FromResult(3);
        },
        _ =>
        {
            _done.Add("smaller");
            return Task.FromResult(2);
        });
}
