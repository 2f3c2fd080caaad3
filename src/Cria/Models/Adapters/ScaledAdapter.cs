namespace Cria;

/// <summary>A loaded adapter and how strongly it acts.</summary>
/// <param name="Adapter">The adapter.</param>
/// <param name="Scale">What its changes are multiplied by: 1 as it was trained, 0 not at all.</param>
public readonly record struct ScaledAdapter(LoraAdapter Adapter, float Scale = 1);

/// <summary>The file of an adapter and how strongly it acts.</summary>
/// <param name="Path">The GGUF file, or the folder of an MLX adapter.</param>
/// <param name="Scale">What its changes are multiplied by: 1 as it was trained, 0 not at all.</param>
public readonly record struct AdapterFile(string Path, float Scale = 1);
