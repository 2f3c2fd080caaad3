using System.Security.Cryptography;

namespace Cria.LlamaRn;

/// <summary>Stands for a context in a <see cref="ContextRegistry"/>; it tells nothing of it and cannot be guessed.</summary>
/// <param name="Value">The text of the handle, to carry it over borders that know no types.</param>
public readonly record struct ContextHandle(string Value)
{
    internal static ContextHandle New() => new(RandomNumberGenerator.GetHexString(32, lowercase: true));

    /// <summary>The text of the handle.</summary>
    public override string ToString() => Value ?? "";
}
