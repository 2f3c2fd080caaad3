namespace Cria.LlamaRn;

/// <summary>Tries again what may succeed a second time: once, and each kind of failure in its own way.</summary>
internal static class ErrorRecovery
{
    /// <summary>Makes an attempt and, where it fails, one more.</summary>
    /// <param name="attempt">The work.</param>
    /// <param name="reinitialize">The work again from the beginning, for a model that could not be loaded.</param>
    /// <param name="retrySmaller">The work with less memory, after caches have been freed; null where there is nothing smaller.</param>
    /// <exception cref="LlamaException">The failure was of another kind, or there was one again.</exception>
    public static async Task<T> RunAsync<T>(Func<Task<T>> attempt, Func<Task<T>> reinitialize, Func<LlamaException, Task<T>?> retrySmaller)
    {
        LlamaException error;
        try
        {
            return await attempt().ConfigureAwait(false);
        }
        catch (Exception failure) when (HasCode(failure))
        {
            error = LlamaErrors.ConvertError(failure);
        }

        return await CodedAsync(() => error.Code switch
        {
            LlamaErrorCodes.ModelLoad => reinitialize(),
            LlamaErrorCodes.OutOfMemory => retrySmaller(error) ?? throw error,
            _ => throw error,
        }).ConfigureAwait(false);
    }

    /// <summary>Does work that is not tried again; failures get their codes.</summary>
    public static async Task<T> CodedAsync<T>(Func<Task<T>> work, Func<Exception, LlamaException>? convert = null)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception failure) when (HasCode(failure))
        {
            throw (convert ?? LlamaErrors.ConvertError)(failure);
        }
    }

    // What .NET's own conventions name stays as it is.
    private static bool HasCode(Exception failure) =>
        failure is not (OperationCanceledException or ObjectDisposedException or ArgumentNullException);
}
