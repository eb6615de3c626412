import { readFileSync, readdirSync } from "node:fs";
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";
import { Signature, TypedDataEncoder, solidityPacked } from "ethers";
import {
  encodeAbiParameters,
  hashDomain,
  hashTypedData,
  keccak256,
  parseAbiParameters,
  parseSignature,
  recoverAddress,
  serializeCompactSignature,
  signatureToCompactSignature,
  stringToHex,
} from "viem";
import type { Hex } from "viem";
import { sign, privateKeyToAddress } from "viem/accounts";
import { vectorFiles, vectorsDirectory } from "../../../scripts/vectors.ts";
import { canonicalPath, resourceName } from "../../../sdk/core/path.ts";
import { parseManifest, verifyManifest } from "../../../sdk/core/manifest.ts";
import { recoverSigner, splitSignature } from "../../../sdk/core/signature.ts";
import { weirTypes } from "../../../sdk/core/typedData.ts";
import type { WeirTypeName } from "../../../sdk/core/typedData.ts";
import amounts from "../../vectors/amounts.json" with { type: "json" };
import authorizations from "../../vectors/authorizations.json" with { type: "json" };
import channels from "../../vectors/channels.json" with { type: "json" };
import domains from "../../vectors/domains.json" with { type: "json" };
import manifests from "../../vectors/manifests.json" with { type: "json" };
import messages from "../../vectors/messages.json" with { type: "json" };
import paths from "../../vectors/paths.json" with { type: "json" };
import receipts from "../../vectors/receipts.json" with { type: "json" };
import signatures from "../../vectors/signatures.json" with { type: "json" };
import { errorCode } from "../../helpers/errorCode.ts";

// Nothing below computes an expected value with the code under test: viem, ethers and OpenZeppelin do, or plain arithmetic.

/** `keccak256(abi.encode(...))` by viem. */
function hashAbi(types: string, ...values: readonly unknown[]): Hex {
  return keccak256(encodeAbiParameters(parseAbiParameters(types), values));
}

/** A signature by viem, in the compact form by viem. */
async function compactSignatureBy(privateKey: string, hash: string): Promise<string> {
  const full = await sign({ hash: hash as Hex, privateKey: privateKey as Hex, to: "hex" });
  return serializeCompactSignature(signatureToCompactSignature(parseSignature(full)));
}

describe("the committed vectors", () => {
  it("are what the generator writes today", () => {
    const files = vectorFiles();
    expect(readdirSync(vectorsDirectory).sort()).to.deep.equal([...files.keys()].sort());
    for (const [name, text] of files) {
      expect(readFileSync(new URL(name, vectorsDirectory), "utf8"), name).to.equal(text);
    }
  });

  it("name every message of the protocol page, byte for byte", () => {
    const page = readFileSync(new URL("../../../docs/protocol.md", import.meta.url), "utf8");
    for (const { typeString } of Object.values(messages)) expect(page).to.contain(`| \`${typeString}\` |`);
  });
});

describe("domains, by viem and ethers", () => {
  for (const contract of [domains.paymentChannels, domains.operatorRegistry]) {
    const { separator, name, version, salt, chainId, verifyingContract } = contract;
    const domain = { name, version, chainId: BigInt(chainId), verifyingContract, salt };

    it(`of ${verifyingContract}`, () => {
      expect(TypedDataEncoder.hashDomain(domain)).to.equal(separator);
      expect(
        hashDomain({
          domain: domain as never,
          types: {
            EIP712Domain: [
              { name: "name", type: "string" },
              { name: "version", type: "string" },
              { name: "chainId", type: "uint256" },
              { name: "verifyingContract", type: "address" },
              { name: "salt", type: "bytes32" },
            ],
          },
        }),
      ).to.equal(separator);
    });
  }

  it("of manifests", () => {
    const { separator, ...domain } = domains.manifest;
    expect(TypedDataEncoder.hashDomain(domain)).to.equal(separator);
  });
});

describe("messages, by viem and ethers", () => {
  for (const [type, { typeString, typeHash, domain: domainName, cases }] of Object.entries(messages)) {
    const { separator, ...rest } = domains[domainName as keyof typeof domains];
    const { name, version } = rest;
    const domain =
      "salt" in rest
        ? {
            name,
            version,
            chainId: BigInt(rest.chainId),
            verifyingContract: rest.verifyingContract as Hex,
            salt: rest.salt as Hex,
          }
        : { name, version };
    const types = { [type]: [...weirTypes[type as WeirTypeName]] };

    it(`${type}: type and ${cases.length} digests`, async () => {
      expect(keccak256(stringToHex(typeString))).to.equal(typeHash);
      expect(TypedDataEncoder.from(types).encodeType(type)).to.equal(typeString);
      for (const { message, structHash, digest, privateKey, signer, signature } of cases) {
        expect(TypedDataEncoder.hash(domain, types, message)).to.equal(digest);
        expect(hashTypedData({ domain, types, primaryType: type, message })).to.equal(digest);
        expect(TypedDataEncoder.hashStruct(type, types, message)).to.equal(structHash);
        expect(keccak256(`0x1901${separator.slice(2)}${structHash.slice(2)}`)).to.equal(digest);
        expect(await compactSignatureBy(privateKey, digest)).to.equal(signature);
        expect(Signature.from(signature).compactSerialized).to.equal(signature);
        const recovered = await recoverAddress({
          hash: digest as Hex,
          signature: Signature.from(signature).serialized as Hex,
        });
        expect(recovered.toLowerCase()).to.equal(signer);
      }
    });
  }
});

describe("channels and authorizations, by viem", () => {
  it("ids of channels", () => {
    for (const { channel, channelId } of channels.cases) {
      const { signer, payee, pricePerGiB, gracePeriod, nonce } = channel;
      const id = hashAbi(
        "address,address,uint96,uint32,uint64",
        signer,
        payee,
        BigInt(pricePerGiB),
        Number(gracePeriod),
        BigInt(nonce),
      );
      expect(id).to.equal(channelId);
    }
  });

  it("ERC-3009 nonces", () => {
    const { domainSeparator } = authorizations;
    expect(domainSeparator).to.equal(domains.paymentChannels.separator);
    for (const { signer, owner, salt, nonce } of authorizations.cases) {
      expect(hashAbi("bytes32,address,address,bytes32", domainSeparator, signer, owner, salt)).to.equal(nonce);
    }
  });
});

describe("amounts, by their definition", () => {
  const cost = (bytes: bigint, price: bigint): bigint => (bytes * price) / 2n ** 30n;

  it("owed is the product over 2^30, rounded down", () => {
    for (const { bytes, pricePerGiB, amount } of amounts.owed) {
      expect(cost(BigInt(bytes), BigInt(pricePerGiB))).to.equal(BigInt(amount));
    }
  });

  it("covered is the largest number of bytes that costs no more than the deposit", () => {
    for (const { deposit, pricePerGiB, bytes } of amounts.covered) {
      expect(cost(BigInt(bytes), BigInt(pricePerGiB)) <= BigInt(deposit)).to.equal(true);
      expect(cost(BigInt(bytes) + 1n, BigInt(pricePerGiB)) > BigInt(deposit)).to.equal(true);
    }
  });
});

describe("receipts, by viem and ethers", () => {
  it("every step of a channel's life", async () => {
    const { channel, privateKey, seed, steps } = receipts;
    expect(privateKeyToAddress(privateKey as Hex).toLowerCase()).to.equal(channel.signer);
    let root = seed;
    let total = 0n;
    for (const { name, entry, segmentsRoot, deliveredBytes, digest, signature, row, owed } of steps) {
      expect(keccak256(stringToHex(name))).to.equal(entry.resource);
      root = hashAbi("bytes32,bytes32,bytes32,uint64", root, entry.resource, entry.contentHash, BigInt(entry.size));
      total += BigInt(entry.size);
      expect(root).to.equal(segmentsRoot);
      expect(total).to.equal(BigInt(deliveredBytes));
      expect(owed).to.equal(String((total * BigInt(channel.pricePerGiB)) / 2n ** 30n));
      expect(await compactSignatureBy(privateKey, digest)).to.equal(signature);
      const terms = [channel.pricePerGiB, channel.gracePeriod, channel.nonce, deliveredBytes];
      const packed = solidityPacked(["uint96", "uint32", "uint64", "uint64"], terms);
      expect(row).to.deep.equal({
        terms: packed,
        segmentsRoot,
        r: signature.slice(0, 66),
        vs: `0x${signature.slice(66)}`,
      });
    }
  });

  it("and the signatures that open, fund and close it", async () => {
    const { channel, channelId, privateKey, payeePrivateKey, session, fund, close, steps } = receipts;
    const { separator, ...domain } = domains.paymentChannels;
    const signatureOver = async (key: string, type: WeirTypeName, message: object): Promise<string> => {
      const { name, version, chainId, verifyingContract, salt } = domain;
      const types = { [type]: [...weirTypes[type]] };
      const hash = TypedDataEncoder.hash({ name, version, chainId, verifyingContract, salt }, types, message);
      return compactSignatureBy(key, hash);
    };
    expect(separator).to.equal(authorizations.domainSeparator);
    expect(privateKeyToAddress(payeePrivateKey as Hex).toLowerCase()).to.equal(channel.payee);
    expect(await signatureOver(privateKey, "Session", session)).to.equal(session.signature);
    expect(await signatureOver(privateKey, "Fund", { ...channel, ...fund })).to.equal(fund.signature);
    expect(close.minSettledBytes).to.equal(steps.at(-1)!.deliveredBytes);
    expect(await signatureOver(payeePrivateKey, "Close", { channelId, ...close })).to.equal(close.signature);
  });
});

describe("signatures", () => {
  it("the good one is the signer's, by viem", async () => {
    expect(await compactSignatureBy(signatures.privateKey, signatures.digest)).to.equal(signatures.signature);
    expect(recoverSigner(signatures.digest as Hex, signatures.signature)).to.equal(signatures.signer);
  });

  it("the other parity is somebody else's, by ethers and here", async () => {
    const full = Signature.from(signatures.otherParity).serialized as Hex;
    const stranger = (await recoverAddress({ hash: signatures.digest as Hex, signature: full })).toLowerCase();
    expect(stranger).not.to.equal(signatures.signer);
    expect(recoverSigner(signatures.digest as Hex, signatures.otherParity)).to.equal(stranger);
  });

  for (const { name, code, signature } of signatures.bad) {
    it(`${name} is refused`, async () => {
      expect(await errorCode(() => recoverSigner(signatures.digest as Hex, signature))).to.equal(code);
      // Whether r is on the curve shows only when it is recovered.
      if (name !== "r is on no point of the curve") {
        expect(await errorCode(() => splitSignature(signature))).to.equal(code);
      }
    });
  }
});

describe("paths", () => {
  it("good ones get the listed spelling and id, and a URL parser leaves it alone", () => {
    for (const { path, resource, ...reference } of paths.good) {
      expect(canonicalPath(reference.input, reference.manifestUrl)).to.equal(path);
      expect(keccak256(stringToHex(path))).to.equal(resource);
      expect(new URL(`./${path}`, "https://relay.example/s/weir.json").pathname).to.equal(`/s/${path}`);
    }
  });

  for (const { code, ...reference } of paths.bad) {
    const shown = reference.input.length > 40 ? `${reference.input.slice(0, 40)}…` : reference.input;
    it(`${JSON.stringify(shown)} ${reference.manifestUrl ?? ""} is refused`, async () => {
      expect(await errorCode(() => canonicalPath(reference.input, reference.manifestUrl))).to.equal(code);
    });
  }

  it("names of byte ranges", () => {
    for (const { path, first, last, name, resource } of paths.names) {
      expect(resourceName(path, { first: Number(first), last: Number(last) })).to.equal(name);
      expect(keccak256(stringToHex(name))).to.equal(resource);
    }
  });
});

describe("manifests, by OpenZeppelin and viem", () => {
  const { publisher, privateKey } = manifests;
  for (const { name, streamId, sequence, notAfter, leaves, root, digest, signature, file } of manifests.cases) {
    it(`${name} with ${leaves.length} resources`, async () => {
      const values = leaves.map(({ resource, contentHash, size }) => [resource, contentHash, size]);
      const tree = StandardMerkleTree.of(values, ["bytes32", "bytes32", "uint64"]);
      expect(tree.root).to.equal(root);
      for (const [i, { leaf, proof, name: resource }] of leaves.entries()) {
        expect(tree.leafHash(values[i]!)).to.equal(leaf);
        expect(tree.getProof(i)).to.deep.equal(proof);
        expect(keccak256(stringToHex(resource))).to.equal(leaves[i]!.resource);
      }
      expect(hashAbi("address,string", publisher, name)).to.equal(streamId);
      const message = { streamId, sequence, notAfter, root };
      const types = { Manifest: [...weirTypes.Manifest] };
      expect(TypedDataEncoder.hash({ name: "Weir", version: "1" }, types, message)).to.equal(digest);
      expect(await compactSignatureBy(privateKey, digest)).to.equal(signature);
      const manifest = parseManifest(file);
      verifyManifest(manifest, {
        publisher: publisher as Hex,
        name,
        now: BigInt(notAfter),
        minSequence: BigInt(sequence),
      });
      expect(manifest.root).to.equal(root);
    });
  }
});
