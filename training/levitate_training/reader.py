"""The model as a reader: one constant beginning for a whole batch, logits at the answers alone."""

import torch
from peft import LoraConfig, get_peft_model
from torch.nn import functional
from transformers import DynamicCache, PreTrainedModel

LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


class Reader(torch.nn.Module):
    """A base model with an adapter (`rank` > 0), or to be tuned as a whole (`rank` 0)."""

    def __init__(self, base: PreTrainedModel, prefix: list[int], rank: int, alpha: int, layers: int | None = None, dropout: float = 0.0):
        super().__init__()
        self.rank, self.alpha = rank, alpha
        if rank > 0:
            count = base.config.num_hidden_layers
            # The last `layers` layers; all where not said.
            chosen = None if layers is None else list(range(count - layers, count))
            config = LoraConfig(
                r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules=LINEAR, layers_to_transform=chosen
            )
            self.model = get_peft_model(base, config)
            self.inner = self.model.base_model.model
        else:
            self.model = self.inner = base
        self.register_buffer("prefix", torch.tensor([prefix]), persistent=False)

    def trained(self) -> list[torch.nn.Parameter]:
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    def answer_logits(self, inputs: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits [tokens, vocabulary] where labels are not -100, and those labels [tokens].

        The beginning is evaluated once and shared by the rows; padding is on the right, so causality hides it.
        """
        cache = DynamicCache(config=self.inner.config)
        self.inner.model(input_ids=self.prefix, past_key_values=cache, use_cache=True)
        cache.batch_repeat_interleave(inputs.shape[0])
        start = self.prefix.shape[1]
        positions = torch.arange(start, start + inputs.shape[1], device=inputs.device)[None]
        hidden = self.inner.model(
            input_ids=inputs, past_key_values=cache, use_cache=True, position_ids=positions
        ).last_hidden_state
        chosen = labels != -100
        return self.inner.lm_head(hidden[chosen]), labels[chosen]

    def loss(self, inputs: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, int]:
        """Summed cross entropy of the answers, and how many tokens they have."""
        logits, wanted = self.answer_logits(inputs, labels)
        return functional.cross_entropy(logits.float(), wanted, reduction="sum"), wanted.numel()

    @torch.no_grad()
    def exact(self, inputs: torch.Tensor, labels: torch.Tensor) -> int:
        """Rows whose whole answer greedy decoding would give: all tokens are the likeliest after the right ones."""
        logits, wanted = self.answer_logits(inputs, labels)
        right = torch.ones_like(labels, dtype=torch.bool)
        right[labels != -100] = logits.argmax(-1) == wanted
        return int(right.all(dim=1).sum())
