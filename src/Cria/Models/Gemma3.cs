using Cria.Models.Parts;
using Cria.Tensors;

namespace Cria.Models;

/// <summary>
/// Gemma 3: Gemma 2 without capped scores, with normalised queries and keys, and five layers in six under a window.
/// Those keep the short-range rotation; only the others are scaled to long contexts.
/// </summary>
internal static class Gemma3
{
    private const int LayersOf27B = 62;

    public static Transformer Build(ModelReader model)
    {
        NetworkShape shape = model.Shape;
        Hyperparameters settings = model.Settings;
        Rotation rotation = Rotation.Read(model);
        RopeTable rope = rotation.Table(RopePairing.Halves);
        Rotation windowRotation = rotation with { Base = settings.Positive("rope.freq_base_swa", 10000), Scale = 1 };
        RopeTable windowRope = windowRotation.Table(RopePairing.Halves);
        var windows = SlidingWindow.Read(model, period: 6);
        var attention = new AttentionShape
        {
            Heads = shape.Heads,
            Scale = 1 / MathF.Sqrt(shape.Layers == LayersOf27B ? shape.EmbeddingLength / shape.Heads : shape.KeyLength),
        };

        return new Transformer(model, layer => new Block
        {
            AttentionNorm = model.Norm($"blk.{layer}.attn_norm", shape.EmbeddingLength),
            Attention = new Attention(model, layer, attention with { Window = windows.Of(layer) })
            {
                Rope = windows.Of(layer) > 0 ? windowRope : rope,
                QueryNorm = model.Norm($"blk.{layer}.attn_q_norm", shape.KeyLength),
                KeyNorm = model.Norm($"blk.{layer}.attn_k_norm", shape.KeyLength),
            },
            AttentionPostNorm = model.Norm($"blk.{layer}.post_attention_norm", shape.EmbeddingLength),
            FeedForwardNorm = model.Norm($"blk.{layer}.ffn_norm", shape.EmbeddingLength),
            FeedForward = new FeedForward(model, layer, Gate.GeGlu),
            FeedForwardPostNorm = model.Norm($"blk.{layer}.post_ffw_norm", shape.EmbeddingLength),
        })
        {
            EmbeddingScale = MathF.Sqrt(shape.EmbeddingLength),
            LogitSoftCap = (float)(settings.Number("final_logit_softcapping") ?? 0),
        };
    }
}
