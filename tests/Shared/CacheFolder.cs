using System.Runtime.CompilerServices;

namespace Cria.Testing;

/// <summary>Keeps what models remember out of the user's own folder for caches, also in the processes that tests start.</summary>
internal static class CacheFolder
{
    [ModuleInitializer]
    internal static void Redirect()
    {
        string folder = Directory.CreateTempSubdirectory("cria-caches-").FullName;
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
    }
}
