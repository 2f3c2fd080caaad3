using System.Runtime.CompilerServices;

namespace Cria.Testing;

/// <summary>Keeps what models remember and what was said to them out of the user's own folders, also in the processes that tests start.</summary>
internal static class CacheFolder
{
    [ModuleInitializer]
    internal static void Redirect()
    {
        string folder = Directory.CreateTempSubdirectory("cria-caches-").FullName;
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", folder);
        Environment.SetEnvironmentVariable("XDG_DATA_HOME", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
    }
}
