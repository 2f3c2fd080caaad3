namespace Cria.Runtime;

/// <summary>Finds out whether there is a graphics processor, to say so where one is asked for; none is used.</summary>
internal static class GpuDevices
{
    /// <summary>Why layers that were asked for are not on a graphics processor; null where none were.</summary>
    public static string? DisabledReason(int layers, string root = "/")
    {
        if (layers == 0) return null;
        string asked = layers switch
        {
            < 0 => "GPU layers were asked for",
            1 => "1 GPU layer was asked for",
            _ => FormattableString.Invariant($"{layers} GPU layers were asked for"),
        };
        string unused = Find(root) is { } name ? $", and this machine's GPU ({name}) stays unused" : "";
        return $"This version computes on the CPU only; {asked}{unused}.";
    }

    /// <summary>The name of a graphics processor of the machine whose files begin at <paramref name="root"/>, or at least its maker.</summary>
    public static string? Find(string root)
    {
        if (OperatingSystem.IsMacOS()) return "Metal";
        try
        {
            return NvidiaModel(Path.Combine(root, "proc/driver/nvidia")) ?? Maker(Path.Combine(root, "sys/class/drm"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? NvidiaModel(string driver)
    {
        const string key = "Model:";
        string cards = Path.Combine(driver, "gpus");
        if (Directory.Exists(cards))
        {
            foreach (string card in Directory.EnumerateDirectories(cards))
            {
                string information = Path.Combine(card, "information");
                if (!File.Exists(information)) continue;
                string? line = File.ReadLines(information).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal));
                if (line is not null) return line[key.Length..].Trim();
            }
        }

        return File.Exists(Path.Combine(driver, "version")) ? "NVIDIA" : null;
    }

    // Virtual machines show a screen without a graphics processor behind it, whose makers are none of these.
    private static string? Maker(string devices)
    {
        if (!Directory.Exists(devices)) return null;
        foreach (string card in Directory.EnumerateDirectories(devices, "card*"))
        {
            string vendor = Path.Combine(card, "device/vendor");
            string? maker = !File.Exists(vendor) ? null : File.ReadAllText(vendor).Trim() switch
            {
                "0x10de" => "NVIDIA",
                "0x1002" => "AMD",
                "0x8086" => "Intel",
                _ => null,
            };
            if (maker is not null) return maker;
        }

        return null;
    }
}
