#!/usr/bin/python3
"""The peer that a user would write: the training loop of adVAE (Wang et al. 2019, Algorithm 1) in
PyTorch, with torch.nn modules, autograd and torch.optim.Adam.

Trains on the rows of a CSV file (all columns but `label` are features) for a fixed number of
mini-batches on one thread, and prints mini-batches per second as one JSON line. The first tenth of
them warms up and is not timed. Needs Debian's python3-torch. Example:

  pytorch_trainer.py --data train.csv --hidden 128 --latent 11 --iterations 1000
"""
import argparse
import csv
import json
import math
import time

import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.hidden1 = nn.Linear(features, hidden)
        self.hidden2 = nn.Linear(hidden, hidden)
        self.mean = nn.Linear(hidden, latent)
        self.log_variance = nn.Linear(hidden, latent)

    def forward(self, x):
        h = torch.relu(self.hidden2(torch.relu(self.hidden1(x))))
        return self.mean(h), self.log_variance(h)


class Generator(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.hidden1 = nn.Linear(latent, hidden)
        self.hidden2 = nn.Linear(hidden, hidden)
        self.output = nn.Linear(hidden, features)

    def forward(self, z):
        return torch.sigmoid(self.output(torch.relu(self.hidden2(torch.relu(self.hidden1(z))))))


class Transformer(nn.Module):
    def __init__(self, latent):
        super().__init__()
        self.hidden1 = nn.Linear(2 * latent, 2 * latent)
        self.hidden2 = nn.Linear(2 * latent, 2 * latent)
        self.mean = nn.Linear(2 * latent, latent)
        self.log_variance = nn.Linear(2 * latent, latent)

    def forward(self, encoded):
        h = torch.sigmoid(self.hidden1(torch.cat(encoded, 1)))
        h = torch.sigmoid(self.hidden2(h))
        return self.mean(h), self.log_variance(h)


def sample(gaussian):
    mean, log_variance = gaussian
    return mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)


def kld(gaussian):
    mean, log_variance = gaussian
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(1)


def transformer_divergence(encoded, transformed):
    (mean, log_variance), (mean_t, log_variance_t) = encoded, transformed
    log_ratio = log_variance_t - log_variance
    distance = (mean - mean_t).square() * torch.exp(-log_variance_t)
    return 0.5 * (log_ratio + torch.exp(-log_ratio) + distance - 1).sum(1)


def squared_error(x, y):
    return (x - y).square().sum(1)


class Trainer:
    def __init__(self, features, args):
        self.args = args
        self.encoder = Encoder(features, args.hidden, args.latent)
        self.generator = Generator(features, args.hidden, args.latent)
        self.transformer = Transformer(args.latent)
        self.generator_parameters = [*self.generator.parameters(), *self.transformer.parameters()]
        self.encoder_parameters = list(self.encoder.parameters())
        self.optimizers = [
            torch.optim.Adam(p, lr=args.learning_rate)
            for p in (self.generator_parameters, self.encoder_parameters)]
        self.schedules = [
            torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, args.iterations)
            for optimizer in self.optimizers]

    def step(self, x):
        losses = [self.update_generator_and_transformer(x), self.update_encoder(x)]
        for schedule in self.schedules:
            schedule.step()
        return losses

    def set_trainable(self, encoder, others):
        for parameter in self.encoder_parameters:
            parameter.requires_grad_(encoder)
        for parameter in self.generator_parameters:
            parameter.requires_grad_(others)

    def minimise(self, loss, optimizer):
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    def update_generator_and_transformer(self, x):
        self.set_trainable(encoder=False, others=True)
        args = self.args
        encoded = self.encoder(x)
        transformed = self.transformer(encoded)
        x_r = self.generator(sample(encoded))
        x_tr = self.generator(sample(transformed))
        l_g = (squared_error(x, x_r).mean() + args.gamma * kld(self.encoder(x_r)).mean()
               + torch.relu(args.margin_x - squared_error(x_r, x_tr)).mean()
               + args.gamma * torch.relu(args.margin_z - kld(self.encoder(x_tr))).mean())
        l_t = transformer_divergence(encoded, transformed).mean()
        return self.minimise(l_t + args.generator_weight * l_g, self.optimizers[0])

    def update_encoder(self, x):
        self.set_trainable(encoder=True, others=False)
        args = self.args
        encoded = self.encoder(x)
        x_r = self.generator(sample(encoded))
        with torch.no_grad():
            x_tr = self.generator(sample(self.transformer(encoded)))
        l_e = (squared_error(x, x_r).mean() + args.lambda_ * kld(encoded).mean()
               + args.gamma * torch.relu(args.margin_z - kld(self.encoder(x_r.detach()))).mean()
               + args.gamma * torch.relu(args.margin_z - kld(self.encoder(x_tr))).mean())
        return self.minimise(l_e, self.optimizers[1])


def load_scaled_rows(path):
    with open(path) as f:
        reader = csv.reader(f)
        columns = [i for i, name in enumerate(next(reader)) if name != "label"]
        rows = torch.tensor([[float(row[i]) for i in columns] for row in reader])
    low, high = rows.min(0).values, rows.max(0).values
    return (rows - low) / torch.where(high > low, high - low, torch.ones_like(low))


def mini_batches(rows, size, count):
    while True:
        for batch in torch.randperm(len(rows)).split(size):
            if count == 0:
                return
            count -= 1
            yield rows[batch]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", required=True, help="CSV file with a header")
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--latent", type=int, default=11)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--iterations", type=int, default=1000)
    parser.add_argument("--lambda", dest="lambda_", type=float, default=0.1)
    parser.add_argument("--gamma", type=float, default=0.02)
    parser.add_argument("--margin-x", type=float, default=0.5)
    parser.add_argument("--margin-z", type=float, default=7)
    parser.add_argument("--generator-weight", type=float, default=3)
    parser.add_argument("--learning-rate", type=float, default=0.001)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    args = parse_arguments()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    rows = load_scaled_rows(args.data)
    trainer = Trainer(rows.shape[1], args)
    warm_up = args.iterations // 10
    for step, batch in enumerate(mini_batches(rows, args.batch, args.iterations)):
        if step == warm_up:
            start = time.perf_counter()
        losses = trainer.step(batch)
    seconds = time.perf_counter() - start
    if not all(math.isfinite(loss) for loss in losses):
        raise SystemExit("the training diverged")
    print(json.dumps({"iterations_per_second": (args.iterations - warm_up) / seconds,
                      "generator_and_transformer_loss": losses[0], "encoder_loss": losses[1]}))


if __name__ == "__main__":
    main()
