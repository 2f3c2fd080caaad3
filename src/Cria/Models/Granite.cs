using Cria.Models.Parts;
using Cria.Tensors;

namespace Cria.Models;

/// <summary>Granite 3 and 4: Llama with four multipliers, on embeddings, attention scores, both halves' outputs and logits.</summary>
internal static class Granite
{
    public static Transformer Build(ModelReader model)
    {
        NetworkShape shape = model.Shape;
        Hyperparameters settings = model.Settings;
        if (shape.Experts > 0) throw settings.Unsupported("expert_count", "granite with experts is not supported; take a granite model without experts.");
        Rotation rotation = Rotation.Read(model);
        // Here, and only here, this key says whether there is any rotation at all.
        RopeTable? rope = settings.Flag("rope.scaling.finetuned") ?? true
            ? rotation.Table(RopePairing.Neighbours, rotation.Factors(model))
            : null;
        float attentionScale = settings.Multiplier("attention.scale", 1 / MathF.Sqrt(shape.KeyLength));
        var attention = new AttentionShape { Heads = shape.Heads, Scale = attentionScale };
        float residualScale = settings.Multiplier("residual_scale", 1);

        return new Transformer(model, layer => new Block
        {
            AttentionNorm = model.Norm($"blk.{layer}.attn_norm", shape.EmbeddingLength),
            Attention = new Attention(model, layer, attention) { Rope = rope },
            FeedForwardNorm = model.Norm($"blk.{layer}.ffn_norm", shape.EmbeddingLength),
            FeedForward = new FeedForward(model, layer),
            ResidualScale = residualScale,
        })
        {
            EmbeddingScale = settings.Multiplier("embedding_scale", 1),
            LogitScale = 1 / (float)settings.RequiredNumber("logit_scale"),
        };
    }
}
