namespace Cria;

/// <summary>Where conversations' keys and values are kept, so that a later process goes on without reading the text again.</summary>
/// <remarks>Anyone who can read the folder can find out much of what was said; on Unix its files are the user's only.</remarks>
public sealed record DiskCacheOptions
{
    /// <summary>At most 4 GiB in the user's own folder for caches.</summary>
    public static DiskCacheOptions Default => new();

    /// <summary>The folder, which any number of processes and models may share.</summary>
    public string Directory { get; init; } = Path.Combine(UsersCaches(), "cria", "prefixes");

    /// <summary>The most bytes in the folder; what was not used for longest is removed first.</summary>
    public long MaxBytes { get; init; } = 4L << 30;

    private static string UsersCaches()
    {
        if (OperatingSystem.IsWindows()) return Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (OperatingSystem.IsMacOS()) return Path.Combine(home, "Library", "Caches");
        // The standard of the desktops: a relative path is to be ignored.
        string? caches = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        return Path.IsPathRooted(caches) ? caches : Path.Combine(home, ".cache");
    }
}
